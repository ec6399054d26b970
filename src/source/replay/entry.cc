#include "source/replay/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "source/replay/replay_source.h"

namespace hb {

namespace {

constexpr std::array<std::string_view, 9> kFormats = {
    "auto", "csv", "tsv", "json", "x_v2", "x_v1", "jetstream", "mastodon", "export"};

constexpr Field kFields[] = {
    {"path", "string", "!",
     "File to replay: .csv, .jsonl, .ndjson or .json, plain, gzip or zstd; - is standard input."},
    {"speed", "string", "recorded",
     "recorded (as it happened), a number of times as fast (10), or max."},
    {"map", "list", "",
     "Which column is what where the names do not say it: content=text,time=created_at."},
    {"format", "string", "auto",
     "auto looks at the file; else csv, tsv, json, x_v2, x_v1, jetstream, mastodon or export."},
    {"disorder_ms", "duration_ms", "1m",
     "How far behind the newest post of the file older ones may still come."},
    {"max_row_bytes", "bytes", "4MiB",
     "Longest row or line that is read; a longer one becomes a dead letter."},
    {"max_ratio", "int", "200",
     "A packed file that unpacks to more than this many times its size is taken for a bomb."},
};

/// "recorded" and "1" are 1, "max" is 0, "10" and "10x" are 10.
Result<double> Speed(std::string_view text) {
  if (text == "max") return 0.0;
  if (text == "recorded") return 1.0;
  std::string_view digits = text;
  if (digits.ends_with('x')) digits.remove_suffix(1);
  double times = 0;
  const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), times);
  if (error != std::errc() || at != digits.data() + digits.size() ||
      !(times >= 0.001 && times <= 1e9)) {
    return Error{
        Code::kInvalidArgument,
        fmt::format("speed: '{}' is neither recorded, max nor a number of times above 0", text)};
  }
  return times;
}

Result<std::unique_ptr<Source>> Make(const Settings& settings, Env& env) {
  ReplaySource::Options options;
  options.path = settings.Text("path");
  HB_ASSIGN(options.speed, Speed(settings.Text("speed")));
  HB_ASSIGN(options.map, ParseColumnMap(settings.List("map")));
  options.format = settings.Text("format");
  if (std::find(kFormats.begin(), kFormats.end(), options.format) == kFormats.end()) {
    return Error{
        Code::kInvalidArgument,
        fmt::format(
            "format: '{}' is none of auto, csv, tsv, json, x_v2, x_v1, jetstream, mastodon, export",
            options.format)};
  }
  options.disorder = std::chrono::milliseconds(settings.Int("disorder_ms"));
  const std::int64_t row = settings.Int("max_row_bytes");
  if (row < 1024 || row > (std::int64_t{1} << 30)) {
    return Error{Code::kInvalidArgument, "max_row_bytes: from 1KiB to 1GiB"};
  }
  options.max_row_bytes = static_cast<std::size_t>(row);
  const std::int64_t ratio = settings.Int("max_ratio");
  if (ratio < 2 || ratio > 1'000'000)
    return Error{Code::kInvalidArgument, "max_ratio: from 2 to 1000000"};
  options.max_ratio = static_cast<std::uint32_t>(ratio);
  if (options.disorder.count() < 0) return Error{Code::kInvalidArgument, "disorder_ms: 0 or more"};
  HB_ASSIGN(std::unique_ptr<ReplaySource> source, ReplaySource::Create(std::move(options), env));
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace

namespace source_replay {
const Entry<Source, Env> kEntry = {
    "replay", "Posts of a CSV or JSON file, at their own pace or as fast as it goes.", kFields,
    Make};
}  // namespace source_replay

}  // namespace hb
