#include "app/config.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <functional>
#include <set>
#include <utility>

// The packaged library throws; the headers alone can be told not to.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <fmt/format.h>
#include <toml++/toml.h>

#include "app/catalogue.h"
#include "app/sentiment_choice.h"
#include "env/env.h"
#include "rule/rule.h"

namespace hb {

namespace {

constexpr char kKafkaLog[] = "kafka";

/// One key of the file outside the component tables.
struct Key {
  const char* name;  ///< "serve.listen"
  std::function<Status(Config&, const std::string&)> set;
  std::function<std::string(const Config&)> get;
  const char* help;  ///< one sentence
  bool secret = false;
};

Key TextKey(const char* name, std::string Config::*member, const char* help, bool secret = false) {
  return {name,
          [member](Config& c, const std::string& v) -> Status {
            c.*member = v;
            return Ok();
          },
          [member](const Config& c) { return c.*member; }, help, secret};
}

Key DurationKey(const char* name, std::int64_t Config::*member, const char* help) {
  return {name,
          [member](Config& c, const std::string& v) -> Status {
            HB_ASSIGN(c.*member, ParseDurationMs(v));
            return Ok();
          },
          [member](const Config& c) { return DurationText(c.*member); }, help};
}

Status SetInt(std::int64_t& out, const std::string& text, std::int64_t low, std::int64_t high) {
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value < low || value > high) {
    return Error{Code::kInvalidArgument, "'" + text + "' is not a whole number from " +
                                             std::to_string(low) + " to " + std::to_string(high)};
  }
  out = value;
  return Ok();
}

Key IntKey(const char* name, std::int64_t Config::*member, std::int64_t low, std::int64_t high,
           const char* help) {
  return {name,
          [member, low, high](Config& c, const std::string& v) -> Status {
            return SetInt(c.*member, v, low, high);
          },
          [member](const Config& c) { return std::to_string(c.*member); }, help};
}

Status SetSizes(Config& config, const std::string& text) {
  std::vector<std::int64_t> sizes;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    HB_ASSIGN(const std::int64_t size, ParseDurationMs(text.substr(begin, comma - begin)));
    if (size < 1000) return Error{Code::kInvalidArgument, "a window is at least 1s"};
    if (std::find(sizes.begin(), sizes.end(), size) != sizes.end()) {
      return Error{Code::kInvalidArgument, DurationText(size) + " stands there twice"};
    }
    sizes.push_back(size);
    begin = comma + 1;
  }
  config.window_sizes_ms = std::move(sizes);
  return Ok();
}

std::string SizesText(const Config& config) {
  std::string text;
  for (const std::int64_t size : config.window_sizes_ms) {
    text += (text.empty() ? "" : ",") + DurationText(size);
  }
  return text;
}

Status SetBool(bool& out, const std::string& text) {
  if (text != "true" && text != "false") {
    return Error{Code::kInvalidArgument, "'" + text + "' is neither true nor false"};
  }
  out = text == "true";
  return Ok();
}

const std::vector<Key>& Keys() {
  static const std::vector<Key> keys = {
      TextKey("data_dir", &Config::data_dir,
              "Folder of everything that is kept; made if it is not there."),
      {"analysis.tier",
       [](Config& c, const std::string& v) -> Status {
         HB_ASSIGN(c.analysis_tier, AnalysisChain::ParseTier(v));
         return Ok();
       },
       [](const Config& c) { return std::string(AnalysisChain::TierName(c.analysis_tier)); },
       "Which models say what posts feel like. fast: linear ones; accurate: a transformer; cascade: "
       "linear ones, and the transformer for the posts of which they are least sure."},
      {"analysis.cpu_share",
       [](Config& c, const std::string& v) -> Status {
         char* end = nullptr;
         const double share = std::strtod(v.c_str(), &end);
         if (v.empty() || *end != '\0' || !(share >= 0 && share <= 1))
           return Error{Code::kInvalidArgument, "'" + v + "' is not a number from 0 to 1"};
         c.analysis_cpu_share = share;
         return Ok();
       },
       [](const Config& c) { return fmt::format("{}", c.analysis_cpu_share); },
       "In a cascade, the share of each analysing thread's time that the transformer may take. "
       "Posts of a live source that wait take from it."},
      TextKey("analysis.model", &Config::analysis_model,
              "Folder of the transformer: model.onnx, config.json and a tokenizer; empty: the one "
              "that comes with heartbeat."),
      {"analysis.sentiment",
       [](Config& c, const std::string& v) -> Status {
         const std::vector<std::string>& names = SentimentNames();
         if (std::find(names.begin(), names.end(), v) == names.end()) {
           std::string message = "there is no sentiment model '" + v + "'; there are";
           for (const std::string& name : names)
             message += (&name == &names[0] ? " " : ", ") + name;
           return Error{Code::kInvalidArgument, std::move(message)};
         }
         c.analysis_sentiment = v;
         return Ok();
       },
       [](const Config& c) { return c.analysis_sentiment; },
       "Who judges sentiment. model: heartbeat's own models, as analysis.tier says; vader and "
       "textblob: those lexicons, equal to the originals; vader-repaired and textblob-repaired: "
       "without the originals' known faults; http: the service at remote.url; comprehend: Amazon "
       "Comprehend."},
      TextKey("analysis.words", &Config::analysis_words,
              "File of words with their valence from -4 to 4, one a line with a tab between, which "
              "vader and textblob take before their own."),
      IntKey("analysis.threads", &Config::analysis_threads, 0, 256,
             "Threads that analyse posts, at most one a partition; 0: one a core."),
      {"analysis.profile",
       [](Config& c, const std::string& v) -> Status {
         if (v != "all" && v != "core" && v != "polarity") {
           return Error{Code::kInvalidArgument,
                        "profile '" + v + "' is neither all nor core nor polarity"};
         }
         c.analyze_all = v == "all";
         c.analyze_polarity = v == "polarity";
         return Ok();
       },
       [](const Config& c) {
         return std::string(c.analyze_all ? "all" : c.analyze_polarity ? "polarity" : "core");
       },
       "What is found in each post; core: sentiment, polarity, language, hashtags, words; all: "
       "emotion, names of persons, places and so on, topics, and what tells copies, as well; "
       "polarity: TextBlob's polarity and subjectivity alone, for `heartbeat analyze` over Kafka, "
       "which then writes the topic sentiment and no other."},
      TextKey(
          "analysis.topics", &Config::analysis_topics,
          "Which topics posts may have: tweettopic (19, as TweetTopic has them), general (14, by "
          "meaning), a TOML file of your own, or off."),
      TextKey("remote.url", &Config::remote_url,
              "http: where to POST texts; comprehend: its endpoint, if not the one of the region."),
      TextKey("remote.region", &Config::remote_region,
              "comprehend: the AWS region; empty: AWS_REGION or AWS_DEFAULT_REGION of the "
              "environment, where the credentials are too."),
      IntKey("remote.batch", &Config::remote_batch, 1, 1000,
             "http: texts in a request. (comprehend takes 25.)"),
      IntKey("remote.parallel", &Config::remote_parallel, 1, 64, "Requests at a time."),
      DurationKey("remote.timeout", &Config::remote_timeout_ms, "How long a request may take."),
      DurationKey("remote.patience", &Config::remote_patience_ms,
                  "How long a batch of posts waits in all; what was not answered by then is judged "
                  "by heartbeat's own models."),
      IntKey("remote.monthly_units", &Config::remote_monthly_units, 0, 1'000'000'000'000,
             "comprehend: units of 100 characters, at least three a post, that may be spent in a "
             "calendar month (UTC); then heartbeat's own models judge; 0: no bound."),
      {"windows.sizes", SetSizes, SizesText, "Lengths of the windows, each at least 1s."},
      DurationKey(
          "windows.allowed_lateness", &Config::allowed_lateness_ms,
          "How long after its end a window is first called final; later posts still count."),
      {"log.kind",
       [](Config& c, const std::string& v) -> Status {
         if (v != kKafkaLog) HB_TRY(FindLog(v));
         c.log.kind = v;
         return Ok();
       },
       [](const Config& c) { return c.log.kind; },
       "Where posts wait between the stages: embedded (logs.md; its settings stand beside it), or "
       "kafka, as [kafka] says."},
      IntKey("log.partitions", &Config::partitions, 1, 256,
             "Partitions of each topic in a new data folder."),
      DurationKey("log.retention", &Config::log_retention_ms,
                  "How long records are kept, counted from arrival."),
      {"log.retention_bytes",
       [](Config& c, const std::string& v) -> Status {
         HB_ASSIGN(c.log_retention_bytes, ParseBytes(v));
         return Ok();
       },
       [](const Config& c) { return std::to_string(c.log_retention_bytes); },
       "Most bytes a topic may keep; the default is no bound."},
      {"kafka.servers",
       [](Config& c, const std::string& v) -> Status {
         c.kafka.servers = v;
         return Ok();
       },
       [](const Config& c) { return c.kafka.servers; },
       "Brokers to begin with, host:port, several with commas between."},
      {"kafka.application",
       [](Config& c, const std::string& v) -> Status {
         c.kafka.application = v;
         return Ok();
       },
       [](const Config& c) { return c.kafka.application; },
       "Begins the names of groups, transactional ids and state topics: the same for all processes "
       "of one heartbeat."},
      {"kafka.topic_prefix",
       [](Config& c, const std::string& v) -> Status {
         c.kafka.topic_prefix = v;
         return Ok();
       },
       [](const Config& c) { return c.kafka.topic_prefix; },
       "Begins the names of topics that [kafka.topics] does not name."},
      {"kafka.replication_factor",
       [](Config& c, const std::string& v) -> Status {
         return SetInt(c.kafka.replication_factor, v, 0, 100);
       },
       [](const Config& c) { return std::to_string(c.kafka.replication_factor); },
       "Copies of each topic that heartbeat makes; 0: the cluster's default."},
      {"kafka.create_topics",
       [](Config& c, const std::string& v) { return SetBool(c.kafka.create_topics, v); },
       [](const Config& c) { return std::string(c.kafka.create_topics ? "true" : "false"); },
       "Whether topics that are missing are made; else they are an error."},
      {"kafka.format",
       [](Config& c, const std::string& v) -> Status {
         HB_ASSIGN(c.kafka.format, ParseValueKind(v));
         return Ok();
       },
       [](const Config& c) { return std::string(ValueKindName(c.kafka.format)); },
       "How values stand on the topics. avro: plain; confluent: with the id of their schema in the "
       "registry; json: one object a value, and posts of X, Jetstream and others are read as they "
       "are."},
      {"kafka.schema",
       [](Config& c, const std::string& v) -> Status {
         if (v != "full" && v != "classic") {
           return Error{Code::kInvalidArgument, "schema '" + v + "' is neither full nor classic"};
         }
         c.kafka.classic = v == "classic";
         return Ok();
       },
       [](const Config& c) { return std::string(c.kafka.classic ? "classic" : "full"); },
       "classic: ingest holds {time: int of seconds, content, task} and sentiment {time, task, pos, "
       "neu, neg} and nothing else."},
      {"registry.url",
       [](Config& c, const std::string& v) -> Status {
         c.kafka.registry_url = v;
         return Ok();
       },
       [](const Config& c) { return c.kafka.registry_url; },
       "Schema Registry of format = \"confluent\", with its path; several in a list. User and "
       "password come from HEARTBEAT_REGISTRY_USER and HEARTBEAT_REGISTRY_PASSWORD."},
      {"registry.register",
       [](Config& c, const std::string& v) { return SetBool(c.kafka.registry_register, v); },
       [](const Config& c) { return std::string(c.kafka.registry_register ? "true" : "false"); },
       "Whether schemas are registered there; false: they must be there already."},
      {"ingest.try_first",
       [](Config& c, const std::string& v) -> Status {
         if (!v.empty() && !v.starts_with("ws://") && !v.starts_with("wss://"))
           return Error{Code::kInvalidArgument, "'" + v + "' is not ws:// or wss://"};
         c.try_first = v;
         return Ok();
       },
       [](const Config& c) { return c.try_first; },
       "Jetstream server of Bluesky's public posts that `up` without a source tries once, for three "
       "seconds at most, before it shows the demo stream; empty: the demo at once, as with CI or "
       "HEARTBEAT_OFFLINE in the environment."},
      {"ingest.keep_unmatched",
       [](Config& c, const std::string& v) { return SetBool(c.keep_unmatched, v); },
       [](const Config& c) { return std::string(c.keep_unmatched ? "true" : "false"); },
       "Whether posts that match no task are kept."},
      DurationKey("ingest.dedup_horizon", &Config::dedup_horizon_ms,
                  "How long a live source's posts are remembered, so that none counts twice."),
      {"storage.mode",
       [](Config& c, const std::string& v) -> Status {
         if (v != "local" && v != "s3") {
           return Error{Code::kInvalidArgument, "'" + v + "' is neither local nor s3"};
         }
         c.storage_mode = v;
         return Ok();
       },
       [](const Config& c) { return c.storage_mode; },
       "Where a backfill stages what it fetches. local: in the data folder; s3: in a bucket of S3, "
       "or of a server that speaks its protocol. The keys come from AWS_ACCESS_KEY_ID and "
       "AWS_SECRET_ACCESS_KEY of the environment."},
      TextKey("storage.bucket", &Config::storage_bucket, "s3: the bucket, which must be there."),
      TextKey("storage.prefix", &Config::storage_prefix,
              "s3: begins the names of all objects, such as heartbeat/."),
      TextKey("storage.region", &Config::storage_region,
              "s3: its region; empty: AWS_REGION or AWS_DEFAULT_REGION of the environment."),
      TextKey("storage.endpoint", &Config::storage_endpoint,
              "s3: address of the server, such as https://minio.example:9000; empty: Amazon's of "
              "the region."),
      {"privacy.authors",
       [](Config& c, const std::string& v) -> Status {
         if (v != "plain" && v != "hashed") {
           return Error{Code::kInvalidArgument, "'" + v + "' is neither plain nor hashed"};
         }
         c.hash_authors = v == "hashed";
         return Ok();
       },
       [](const Config& c) { return std::string(c.hash_authors ? "hashed" : "plain"); },
       "How authors are kept. plain: by their id and handle; hashed: by a keyed hash of the id, in "
       "log, store and exports alike (docs/privacy.md). For the life of a data folder."},
      TextKey(
          "privacy.author_key_file", &Config::author_key_file,
          "File of the key of hashed authors, made if it is not there; empty: author.key in the "
          "data folder. HEARTBEAT_AUTHOR_KEY of the environment comes first."),
      IntKey(
          "privacy.x_texts_a_day", &Config::x_texts_a_day, -1, 1'000'000,
          "Most posts of X whose text exports give in a day (UTC); beyond it their ids are given "
          "without text. X's terms allow 500 a person and day. -1: no bound (docs/privacy.md)."),
      TextKey("serve.listen", &Config::listen,
              "Address and port of the dashboard and the API; off loopback a token is needed."),
      TextKey("serve.token", &Config::token,
              "What every client must send as a bearer token, on loopback too; empty: nothing.",
              true),
      TextKey("serve.elasticsearch_listen", &Config::elasticsearch_listen,
              "Address and port where the Elasticsearch surface stands at the root, such as "
              "127.0.0.1:9200; empty: nowhere."),
  };
  return keys;
}

Error Unknown(const std::string& where, const std::string& key) {
  std::vector<std::string_view> names{"source", "task", "store"};
  for (const Key& k : Keys()) names.emplace_back(k.name);
  const std::string_view near = Nearest(key, names);
  std::string message = where + ": unknown key '" + key + "'";
  if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
  return {Code::kInvalidArgument, std::move(message)};
}

/// Replaces ${NAME} by the environment's value.
Result<std::string> Expand(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t open = text.find("${", i);
    if (open == std::string::npos) return out + text.substr(i);
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos) {
      return Error{Code::kInvalidArgument, "'${' without '}'"};
    }
    const std::string name = text.substr(open + 2, close - open - 2);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return Error{Code::kInvalidArgument, "the environment has no " + name};
    }
    out += text.substr(i, open - i) + value;
    i = close + 1;
  }
  return out;
}

/// A scalar or an array of scalars as the text that Settings reads.
Result<std::string> NodeText(const toml::node& node) {
  if (const auto text = node.value<std::string>(); node.is_string()) return Expand(*text);
  if (const auto flag = node.value<bool>(); node.is_boolean()) {
    return std::string(*flag ? "true" : "false");
  }
  if (const auto number = node.value<std::int64_t>(); node.is_integer()) {
    return std::to_string(*number);
  }
  if (const auto number = node.value<double>(); node.is_floating_point()) {
    return std::to_string(*number);
  }
  if (const toml::array* array = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *array) {
      HB_ASSIGN(const std::string text, NodeText(item));
      joined += (joined.empty() ? "" : ",") + text;
    }
    return joined;
  }
  return Error{Code::kInvalidArgument, "is not a text, a number, true, false or a list of those"};
}

std::string Place(const std::string& name, const toml::node& node) {
  return name + ":" + std::to_string(node.source().begin.line);
}

/// Whether a component takes these values; errors name the place.
template <typename Interface>
Status CheckFields(const std::string& where, const Result<const Entry<Interface, Env>*>& entry,
                   const Settings::Values& values) {
  if (!entry.ok()) return Error{entry.error().code, where + ": " + entry.error().message};
  const auto settings = Settings::Parse(entry.value()->fields, values);
  if (settings.ok()) return Ok();
  return Error{settings.error().code, where + ": " + settings.error().message};
}

class Reader {
 public:
  Reader(Config& config, std::string name) : config_(config), name_(std::move(name)) {}

  Status Read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string section(key.str());
      if (section == "source" || section == "task" || section == "store") {
        HB_TRY(ReadTables(section, node));
      } else {
        HB_TRY(SetAll(section, node));
      }
    }
    if (config_.log.kind != kKafkaLog)
      return CheckFields(name_ + ": [log]", FindLog(config_.log.kind), config_.log.values);
    if (config_.log.values.empty()) return Ok();
    return Unknown(config_.origin["log." + config_.log.values.begin()->first],
                   "log." + config_.log.values.begin()->first);
  }

 private:
  /// A value, or the values of a table and of those in it: a.b.c.
  Status SetAll(const std::string& key, const toml::node& node) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) return Set(key, node);
    for (const auto& [inner, value] : *table) {
      HB_TRY(SetAll(std::string(key).append(".").append(inner.str()), value));
    }
    return Ok();
  }

  /// A setting of [kafka] that is not ours alone; false if it is none.
  Result<bool> SetKafka(const std::string& where, const std::string& key, const toml::node& node,
                        const std::string& text) {
    const Result<bool> taken = TakeKafkaKey(key, text, config_.kafka);
    if (!taken.ok())
      return Error{taken.error().code, where + ": " + key + ": " + taken.error().message};
    if (!taken.value()) return false;
    const auto written = node.value<std::string>();
    if (IsSecretProperty(key) && (!written || written->find("${") == std::string::npos)) {
      return Error{Code::kInvalidArgument,
                   where + ": " + key +
                       " is a secret: write \"${NAME}\" and set NAME in the "
                       "environment"};
    }
    config_.origin[key] = where;
    return true;
  }

  Status Set(const std::string& key, const toml::node& node) {
    const std::string where = Place(name_, node);
    Result<std::string> text = NodeText(node);
    if (!text.ok())
      return Error{Code::kInvalidArgument, where + ": " + key + " " + text.error().message};
    for (const Key& known : Keys()) {
      if (key != known.name) continue;
      if (const Status set = known.set(config_, text.value()); !set.ok()) {
        return Error{Code::kInvalidArgument, where + ": " + key + ": " + set.error().message};
      }
      config_.origin[key] = where;
      return Ok();
    }
    HB_ASSIGN(const bool kafka, SetKafka(where, key, node, text.value()));
    if (kafka) return Ok();
    if (key.rfind("log.", 0) == 0) {
      config_.log.values[key.substr(4)] = std::move(text).value();
      config_.origin[key] = where;
      return Ok();
    }
    return Unknown(where, key);
  }

  Status ReadTables(const std::string& section, const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
      return Error{Code::kInvalidArgument,
                   Place(name_, node) + ": write [[" + section + "]], two brackets"};
    }
    for (const toml::node& item : *array) {
      Settings::Values values;
      for (const auto& [key, value] : *item.as_table()) {
        Result<std::string> text = NodeText(value);
        if (!text.ok()) {
          return Error{Code::kInvalidArgument, Place(name_, value) + ": " + std::string(key.str()) +
                                                   " " + text.error().message};
        }
        values[std::string(key.str())] = std::move(text).value();
      }
      HB_TRY(Take(section, Place(name_, item), std::move(values)));
    }
    return Ok();
  }

  Status Take(const std::string& section, const std::string& where, Settings::Values values) {
    if (section == "task") {
      for (const auto& [key, value] : values) {
        if (key != "tag" && key != "rule") return Unknown(where, "task." + key);
      }
      if (values["tag"].empty() || values["rule"].empty()) {
        return Error{Code::kInvalidArgument, where + ": a [[task]] needs tag and rule"};
      }
      return TakeTask(where, {values["tag"], values["rule"]});
    }
    const auto kind = values.extract("kind");
    if (section == "source") {
      if (kind.empty()) return Error{Code::kInvalidArgument, where + ": a [[source]] needs kind"};
      const auto entry = FindSource(kind.mapped());
      HB_TRY(CheckFields(where, entry, values));
      config_.sources.push_back({kind.mapped(), std::move(values), where});
      return Ok();
    }
    if (!config_.store.origin.empty()) {
      return Error{Code::kInvalidArgument,
                   where + ": a second [[store]]; the first is at " + config_.store.origin};
    }
    if (!kind.empty()) {
      config_.store.kind = kind.mapped();
    }
    if (const auto retention = values.extract("retention"); !retention.empty()) {
      HB_ASSIGN(config_.store_retention_ms, ParseDurationMs(retention.mapped()));
      config_.origin["store.retention"] = where;
    }
    HB_TRY(CheckFields(where, FindStore(config_.store.kind), values));
    config_.store.values = std::move(values);
    config_.store.origin = where;
    return Ok();
  }

  Status TakeTask(const std::string& where, TaskConfig task) {
    for (const TaskConfig& known : config_.tasks) {
      if (known.tag == task.tag) {
        return Error{Code::kInvalidArgument, where + ": a second task '" + task.tag + "'"};
      }
    }
    if (RuleError wrong; !CheckRule(task.rule, &wrong).ok()) {
      return Error{Code::kInvalidArgument, where + ": the rule of '" + task.tag + "', column " +
                                               std::to_string(wrong.column) + ": " + wrong.message +
                                               (wrong.hint.empty() ? "" : " (" + wrong.hint + ")")};
    }
    config_.tasks.push_back(std::move(task));
    return Ok();
  }

  Config& config_;
  const std::string name_;
};

Status ReadEnvironment(Config& config) {
  for (const Key& key : Keys()) {
    std::string name = "HEARTBEAT_" + std::string(key.name);
    std::replace(name.begin(), name.end(), '.', '_');
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) continue;
    if (const Status set = key.set(config, value); !set.ok()) {
      return Error{Code::kInvalidArgument, name + ": " + set.error().message};
    }
    config.origin[key.name] = name;
  }
  return Ok();
}

void AppendLine(std::string_view name, std::string_view value, std::string_view origin,
                std::string& out) {
  out.append(name).append(" = ").append(value).append("  # ").append(origin).append("\n");
}

/// The fields of a component: what was given for them, else their defaults.
template <typename Interface>
void AppendFields(const std::string& prefix, const Entry<Interface, Env>& entry,
                  const Settings::Values& values, const std::map<std::string, std::string>& origins,
                  const std::string& origin, std::string& out) {
  for (const Field& field : entry.fields) {
    const std::string name = prefix + std::string(field.name);
    const auto given = values.find(field.name);
    const auto from = origins.find(name);
    const std::string_view value = given != values.end()   ? given->second
                                   : field.fallback == "!" ? ""
                                                           : field.fallback;
    AppendLine(name, field.secret && !value.empty() ? "***" : value,
               given == values.end()   ? "default"
               : from != origins.end() ? from->second
                                       : origin,
               out);
  }
}

/// What [kafka] holds beside its own keys.
void AppendKafka(const Config& config, std::string& out) {
  const auto append = [&](const std::string& name, const std::string& value, bool secret) {
    const auto origin = config.origin.find(name);
    AppendLine(name, secret ? "***" : value,
               origin == config.origin.end() ? "default" : origin->second, out);
  };
  for (const auto& [topic, name] : config.kafka.topics)
    append("kafka.topics." + topic, name, false);
  for (const auto& [name, value] : config.kafka.client)
    append("kafka." + name, value, IsSecretProperty(name));
}

}  // namespace

Result<Config> ParseConfig(std::string_view text, const std::string& name) {
  toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Error{Code::kInvalidArgument, name + ":" + std::to_string(error.source().begin.line) +
                                             ":" + std::to_string(error.source().begin.column) +
                                             ": " + std::string(error.description())};
  }
  Config config;
  HB_TRY(Reader(config, name).Read(parsed.table()));
  return config;
}

Result<Config> LoadConfig(const std::string& path) {
  Config config;
  const std::string file = path.empty() ? "heartbeat.toml" : path;
  Result<std::string> text = ReadFile(file);
  if (text.ok()) {
    HB_ASSIGN(config, ParseConfig(text.value(), file));
  } else if (!path.empty()) {
    return std::move(text).error();
  }
  HB_TRY(ReadEnvironment(config));
  return config;
}

std::string DescribeConfig(const Config& config) {
  std::string out;
  for (const Key& key : Keys()) {
    const std::string value = key.get(config);
    const auto origin = config.origin.find(key.name);
    AppendLine(key.name, key.secret && !value.empty() ? "***" : value,
               origin == config.origin.end() ? "default" : origin->second, out);
    if (std::string_view(key.name) == "log.kind") {
      if (const auto log = FindLog(config.log.kind); log.ok()) {
        AppendFields("log.", *log.value(), config.log.values, config.origin, "", out);
      }
    }
  }
  AppendKafka(config, out);
  if (const auto store = FindStore(config.store.kind); store.ok()) {
    AppendLine("store.kind", config.store.kind,
               config.store.origin.empty() ? "default" : config.store.origin, out);
    const auto origin = config.origin.find("store.retention");
    AppendLine("store.retention", DurationText(config.store_retention_ms),
               origin == config.origin.end() ? "default" : origin->second, out);
    AppendFields("store.", *store.value(), config.store.values, {}, config.store.origin, out);
  }
  for (const ComponentConfig& source : config.sources) {
    AppendLine("[[source]] kind", source.kind, source.origin, out);
    if (const auto entry = FindSource(source.kind); entry.ok()) {
      AppendFields("  ", *entry.value(), source.values, {}, source.origin, out);
    }
  }
  for (const TaskConfig& task : config.tasks)
    out += "[[task]] " + task.tag + " = " + task.rule + "\n";
  return out;
}

std::vector<ConfigKey> ConfigKeys() {
  std::vector<ConfigKey> keys;
  for (const Key& key : Keys()) keys.push_back({key.name, key.get(Config{}), key.help, key.secret});
  return keys;
}

}  // namespace hb
