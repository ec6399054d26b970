#include <algorithm>
#include <filesystem>
#include <system_error>

#include "backfill/staging.h"
#include "env/env.h"

namespace hb::backfill {

namespace {

namespace fs = std::filesystem;

class LocalStaging final : public Staging {
 public:
  explicit LocalStaging(fs::path folder) : folder_(std::move(folder)) {}

  Status Put(std::string_view name, std::string_view bytes) override {
    const fs::path path = folder_ / name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return Error{Code::kUnavailable, path.parent_path().string() + ": " + error.message()};
    }
    return WriteFileAtomic(path.string(), bytes);
  }

  Result<std::string> Get(std::string_view name) override {
    return ReadFile((folder_ / name).string());
  }

  Result<std::vector<std::string>> List(std::string_view prefix) override {
    std::vector<std::string> names;
    std::error_code error;
    const std::size_t slash = prefix.rfind('/');
    const fs::path from = slash == prefix.npos ? folder_ : folder_ / prefix.substr(0, slash);
    if (!fs::exists(from, error)) return names;
    for (fs::recursive_directory_iterator it(from, error), end; !error && it != end;
         it.increment(error)) {
      if (!it->is_regular_file()) continue;
      std::string name = it->path().lexically_relative(folder_).generic_string();
      // What a crash left half written has another ending.
      if (name.starts_with(prefix) && !name.ends_with(".tmp")) names.push_back(std::move(name));
    }
    if (error) return Error{Code::kUnavailable, from.string() + ": " + error.message()};
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  const fs::path folder_;
};

}  // namespace

Result<std::unique_ptr<Staging>> OpenLocalStaging(const std::string& folder) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_directory(folder, error)) {
    return Error{Code::kInvalidArgument, folder + " is no folder"};
  }
  return std::unique_ptr<Staging>(std::make_unique<LocalStaging>(folder));
}

}  // namespace hb::backfill
