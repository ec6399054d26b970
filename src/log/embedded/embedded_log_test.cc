#include "log/embedded/embedded_log.h"

#include "log/embedded/temporary_folder.h"
#include "log/log_conformance.h"

namespace hb {
namespace {

using embedded::TemporaryFolder;

class EmbeddedFixture final : public LogFixture {
 public:
  explicit EmbeddedFixture(EmbeddedLogOptions options) : options_(std::move(options)) {
    options_.path = folder_.path() + "/log";
    Open();
  }
  Log& log() override { return *log_; }
  ManualClock& clock() override { return clock_; }
  bool Reopen() override {
    log_.reset();
    Open();
    return true;
  }

 private:
  void Open() {
    auto opened = OpenEmbeddedLog(options_, env_);
    ASSERT_TRUE(log_test::IsOk(opened));
    log_ = std::move(opened).value();
  }

  TemporaryFolder folder_;
  EmbeddedLogOptions options_;
  ManualClock clock_{FromMillis(1'700'000'000'000)};
  Env env_{clock_, folder_.path()};
  std::unique_ptr<Log> log_;
};

LogUnderTest Variant(const std::string& name, const std::function<void(EmbeddedLogOptions&)>& change) {
  return {name, [change] {
            EmbeddedLogOptions options;
            options.min_free_bytes = 0;
            change(options);
            return std::make_unique<EmbeddedFixture>(options);
          }};
}

INSTANTIATE_TEST_SUITE_P(
    Embedded, LogConformance,
    testing::Values(Variant("plain", [](EmbeddedLogOptions&) {}),
                    Variant("no_cache", [](EmbeddedLogOptions& o) { o.cache_bytes = 0; }),
                    Variant("packed_no_cache",
                            [](EmbeddedLogOptions& o) {
                              o.compress = true;
                              o.cache_bytes = 0;
                            }),
                    Variant("tiny_memtables",
                            [](EmbeddedLogOptions& o) {
                              o.memtable_bytes = o.wal_bytes = 64 << 10;
                              o.cache_bytes = 1000;
                            }),
                    Variant("sync_always",
                            [](EmbeddedLogOptions& o) { o.sync_every = std::chrono::milliseconds(0); })),
    LogTestName);

}  // namespace
}  // namespace hb
