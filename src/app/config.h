// app/config.h - heartbeat.toml, the environment and the flags, as one checked value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/chain.h"
#include "app/kafka_config.h"
#include "base/result.h"
#include "component/component.h"

namespace hb {

/// A component that the configuration asks for.
struct ComponentConfig {
  std::string kind;         ///< catalogue name
  Settings::Values values;  ///< its fields as text
  std::string origin{};     ///< "heartbeat.toml:3"; "" if no file asks for it
};
struct TaskConfig {
  std::string tag, rule;
};

/// What is in force. Precedence: flag, environment (HEARTBEAT_SERVE_LISTEN for serve.listen), file,
/// default.
struct Config {
  std::string data_dir = "data";
  std::vector<ComponentConfig> sources;  ///< empty: `up` takes the default
  std::vector<TaskConfig> tasks;

  AnalysisChain::Tier analysis_tier = AnalysisChain::Tier::kFast;
  double analysis_cpu_share = 0.5;  ///< of an analysing thread's time, for a cascade's transformer
  std::string analysis_model;       ///< folder of the transformer; "": the one that comes along
  std::string analysis_sentiment = "model";  ///< one of SentimentNames (sentiment_choice.h)
  std::string analysis_words;                ///< file of the user's words; "": none
  std::string remote_url, remote_region;     ///< of analysis.sentiment = "http" or "comprehend"
  std::int64_t remote_batch = 32, remote_parallel = 4, remote_monthly_units = 0;
  std::int64_t remote_timeout_ms = 5'000, remote_patience_ms = 20'000;
  std::int64_t analysis_threads = 0;           ///< 0: one a core
  bool analyze_all = true;                     ///< else the profile `core`, or
  bool analyze_polarity = false;               ///< the profile `polarity`
  std::string analysis_topics = "tweettopic";  ///< a set (app/topic_sets.h); not in `core`

  std::vector<std::int64_t> window_sizes_ms{60'000, 900'000, 3'600'000};
  std::int64_t allowed_lateness_ms = 600'000;

  std::int64_t partitions = 2;
  std::int64_t log_retention_ms = std::int64_t{7} * 24 * 3'600'000;
  std::int64_t log_retention_bytes = -1;
  ComponentConfig log{"embedded", {}};  ///< "kafka": `kafka` says more
  KafkaConfig kafka;

  std::int64_t store_retention_ms = std::int64_t{90} * 24 * 3'600'000;
  ComponentConfig store{"duckdb", {}};

  /// Where `up` without a source looks for posts before it shows the demo; "": nowhere.
  std::string try_first = "wss://jetstream2.us-east.bsky.network/subscribe";
  bool keep_unmatched = true;
  std::int64_t dedup_horizon_ms = std::int64_t{24} * 3'600'000;

  bool hash_authors = false;         ///< authors under names that only a key makes (author_key.h)
  std::string author_key_file;       ///< "": in the data folder
  std::string storage_mode = "local";  ///< of a backfill's staging; or "s3"
  std::string storage_endpoint, storage_region, storage_bucket, storage_prefix;
  std::int64_t x_texts_a_day = 500;  ///< that exports give; -1: no bound

  std::string listen = "127.0.0.1:8080";
  std::string token;
  std::string elasticsearch_listen;

  /// Where each value that is not a default came from: "serve.listen" -> "heartbeat.toml:12".
  std::map<std::string, std::string> origin;
};

/// Reads `path` ("" means heartbeat.toml if there is one), then the environment. ${NAME} in a value
/// is taken from the environment. kInvalidArgument names file, line and column, and for an unknown
/// key the nearest one.
Result<Config> LoadConfig(const std::string& path);
/// The same from text, for tests; `name` is shown in errors.
Result<Config> ParseConfig(std::string_view text, const std::string& name);
/// Every key with its value and where it comes from, those of components too; secrets are shown as
/// "***".
std::string DescribeConfig(const Config& config);

/// A key of the file that belongs to no component.
struct ConfigKey {
  std::string name;      ///< "serve.listen"
  std::string fallback;  ///< value of an empty file
  std::string help;      ///< one sentence
  bool secret = false;
};
std::vector<ConfigKey> ConfigKeys();

}  // namespace hb
