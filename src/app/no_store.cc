#include "app/no_store.h"

#include <vector>

namespace hb {

namespace {

Error None() {
  return {Code::kUnavailable, "this process has no store; ask the one that runs `heartbeat serve`"};
}

class NoStore : public SqlStore {
 public:
  Status Open() override { return Ok(); }
  Result<std::vector<StoreOffset>> Offsets() override { return std::vector<StoreOffset>(); }
  Status Write(const StoreWrite&) override { return None(); }
  Status Prune(EventTime) override { return Ok(); }
  [[nodiscard]] std::int64_t DiskBytes() const override { return 0; }
  Result<SqlResult> Query(std::string_view, std::span<const Cell>, const SqlLimits&) override {
    return None();
  }
  Status Export(std::string_view, std::span<const Cell>, std::string_view, const std::string&,
                const SqlLimits&) override {
    return None();
  }
  void StopStatements() override {}
};

}  // namespace

std::unique_ptr<SqlStore> MakeNoStore() { return std::make_unique<NoStore>(); }

}  // namespace hb
