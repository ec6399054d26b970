#include "app/staging_place.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "backfill/s3_staging.h"
#include "env/env.h"

namespace hb {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScheme = "s3://";

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string FolderOf(const Config& config) { return config.data_dir + "/staging"; }
/// One place a line.
std::string ListOf(const Config& config) { return config.data_dir + "/stagings"; }

/// "" if there is none yet.
Result<std::string> ReadList(const Config& config) {
  Result<std::string> text = ReadFile(ListOf(config));
  if (!text.ok() && text.error().code == Code::kNotFound) return std::string();
  return text;
}

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::string FullStagingPlace(const std::string& place) {
  if (place.starts_with(kScheme)) return place;
  std::error_code error;
  return fs::weakly_canonical(fs::absolute(place, error), error).string();
}

Result<std::string> DefaultStagingPlace(const Config& config, const std::string& identity) {
  if (config.storage_mode != "s3") return FolderOf(config) + "/" + identity;
  if (config.storage_bucket.empty()) {
    return Error{Code::kInvalidArgument, "storage.mode = \"s3\" needs storage.bucket"};
  }
  std::string prefix = config.storage_prefix;
  while (prefix.starts_with('/')) prefix.erase(0, 1);
  if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
  return std::string(kScheme) + config.storage_bucket + "/" + prefix + identity;
}

Result<std::unique_ptr<backfill::Staging>> OpenStagingAt(const std::string& place,
                                                         const Config& config,
                                                         std::function<bool()> stopped) {
  if (!place.starts_with(kScheme)) return backfill::OpenLocalStaging(place);
  const std::string_view rest = std::string_view(place).substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  backfill::S3Access access{.endpoint = config.storage_endpoint,
                            .region = config.storage_region,
                            .bucket = std::string(rest.substr(0, slash)),
                            .prefix = {},
                            .key = FromEnvironment("AWS_ACCESS_KEY_ID"),
                            .secret = FromEnvironment("AWS_SECRET_ACCESS_KEY"),
                            .session_token = FromEnvironment("AWS_SESSION_TOKEN"),
                            .stopped = std::move(stopped)};
  if (slash < rest.size()) access.prefix = rest.substr(slash + 1);
  if (!access.prefix.empty() && !access.prefix.ends_with('/')) access.prefix += '/';
  if (access.region.empty()) access.region = FromEnvironment("AWS_REGION");
  if (access.region.empty()) access.region = FromEnvironment("AWS_DEFAULT_REGION");
  return backfill::OpenS3Staging(std::move(access));
}

Status RememberStaging(const std::string& place, const Config& config) {
  const std::string wanted = FullStagingPlace(place);
  if (fs::path(wanted).parent_path() == FullStagingPlace(FolderOf(config))) return Ok();
  HB_ASSIGN(std::string text, ReadList(config));
  const std::vector<std::string> known = LinesOf(text);
  if (std::find(known.begin(), known.end(), wanted) != known.end()) return Ok();
  std::error_code error;
  fs::create_directories(config.data_dir, error);
  if (error) return Error{Code::kUnavailable, config.data_dir + ": " + error.message()};
  return WriteFileAtomic(ListOf(config), text + wanted + "\n");
}

Result<std::vector<std::string>> KnownStagings(const Config& config) {
  HB_ASSIGN(const std::string text, ReadList(config));
  std::vector<std::string> places = LinesOf(text);
  std::error_code error;
  for (fs::directory_iterator it(FolderOf(config), error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) places.push_back(it->path().string());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return Error{Code::kUnavailable, FolderOf(config) + ": " + error.message()};
  }
  return places;
}

}  // namespace hb
