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
#include <toml++/toml.h>

#include "env/env.h"

namespace hb {

namespace {

/// One key of the file outside the component tables.
struct Key {
  const char* name;  ///< "serve.listen"
  std::function<Status(Config&, const std::string&)> set;
  std::function<std::string(const Config&)> get;
  bool secret = false;
};

Key TextKey(const char* name, std::string Config::*member, bool secret = false) {
  return {name,
          [member](Config& c, const std::string& v) -> Status {
            c.*member = v;
            return Ok();
          },
          [member](const Config& c) { return c.*member; }, secret};
}

Key DurationKey(const char* name, std::int64_t Config::*member) {
  return {name,
          [member](Config& c, const std::string& v) -> Status {
            HB_ASSIGN(c.*member, ParseDurationMs(v));
            return Ok();
          },
          [member](const Config& c) { return std::to_string(c.*member) + "ms"; }};
}

Key IntKey(const char* name, std::int64_t Config::*member, std::int64_t low, std::int64_t high) {
  return {name,
          [member, low, high](Config& c, const std::string& v) -> Status {
            char* end = nullptr;
            const long long value = std::strtoll(v.c_str(), &end, 10);
            if (v.empty() || *end != '\0' || value < low || value > high) {
              return Error{Code::kInvalidArgument, "'" + v + "' is not a whole number from " +
                                                       std::to_string(low) + " to " +
                                                       std::to_string(high)};
            }
            c.*member = value;
            return Ok();
          },
          [member](const Config& c) { return std::to_string(c.*member); }};
}

Status SetSizes(Config& config, const std::string& text) {
  std::vector<std::int64_t> sizes;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    HB_ASSIGN(const std::int64_t size, ParseDurationMs(text.substr(begin, comma - begin)));
    if (size < 1000) return Error{Code::kInvalidArgument, "a window is at least 1s"};
    sizes.push_back(size);
    begin = comma + 1;
  }
  config.window_sizes_ms = std::move(sizes);
  return Ok();
}

std::string SizesText(const Config& config) {
  std::string text;
  for (const std::int64_t size : config.window_sizes_ms) {
    text += (text.empty() ? "" : ",") + std::to_string(size) + "ms";
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
      TextKey("data_dir", &Config::data_dir),
      {"analysis.tier",
       [](Config& c, const std::string& v) -> Status {
         if (v != "fast") {
           return Error{Code::kInvalidArgument, "tier '" + v + "' is not built in; there is: fast"};
         }
         c.analysis_tier = v;
         return Ok();
       },
       [](const Config& c) { return c.analysis_tier; }},
      IntKey("analysis.threads", &Config::analysis_threads, 0, 256),
      {"windows.sizes", SetSizes, SizesText},
      DurationKey("windows.allowed_lateness", &Config::allowed_lateness_ms),
      IntKey("log.partitions", &Config::partitions, 1, 256),
      DurationKey("log.retention", &Config::log_retention_ms),
      {"log.retention_bytes",
       [](Config& c, const std::string& v) -> Status {
         HB_ASSIGN(c.log_retention_bytes, ParseBytes(v));
         return Ok();
       },
       [](const Config& c) { return std::to_string(c.log_retention_bytes); }},
      {"ingest.keep_unmatched",
       [](Config& c, const std::string& v) { return SetBool(c.keep_unmatched, v); },
       [](const Config& c) { return std::string(c.keep_unmatched ? "true" : "false"); }},
      DurationKey("ingest.dedup_horizon", &Config::dedup_horizon_ms),
      TextKey("serve.listen", &Config::listen),
      TextKey("serve.token", &Config::token, true),
      TextKey("serve.elasticsearch_listen", &Config::elasticsearch_listen),
  };
  return keys;
}

Error Unknown(const std::string& where, const std::string& key) {
  std::vector<std::string_view> names{"source", "task", "store", "log.kind"};
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

class Reader {
 public:
  Reader(Config& config, std::string name) : config_(config), name_(std::move(name)) {}

  Status Read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string section(key.str());
      if (section == "source" || section == "task" || section == "store") {
        HB_TRY(ReadTables(section, node));
      } else if (const toml::table* table = node.as_table()) {
        for (const auto& [inner, value] : *table) {
          HB_TRY(Set(section + "." + std::string(inner.str()), value));
        }
      } else {
        HB_TRY(Set(section, node));
      }
    }
    return Ok();
  }

 private:
  Status Set(const std::string& key, const toml::node& node) {
    const std::string where = Place(name_, node);
    Result<std::string> text = NodeText(node);
    if (!text.ok()) return Error{Code::kInvalidArgument, where + ": " + key + " " + text.error().message};
    for (const Key& known : Keys()) {
      if (key != known.name) continue;
      if (const Status set = known.set(config_, text.value()); !set.ok()) {
        return Error{Code::kInvalidArgument, where + ": " + key + ": " + set.error().message};
      }
      config_.origin[key] = where;
      return Ok();
    }
    if (key == "log.kind") {
      if (text.value() == "embedded") return Ok();
      return Error{Code::kInvalidArgument, where + ": log '" + text.value() + "' is not built in; there is: embedded"};
    }
    if (key.rfind("log.", 0) == 0) {
      config_.log[key.substr(4)] = std::move(text).value();
      config_.origin[key] = where;
      return Ok();
    }
    return Unknown(where, key);
  }

  Status ReadTables(const std::string& section, const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
      return Error{Code::kInvalidArgument, Place(name_, node) + ": write [[" + section + "]], two brackets"};
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
      config_.tasks.push_back({values["tag"], values["rule"]});
      return Ok();
    }
    const auto kind = values.extract("kind");
    if (section == "source") {
      if (kind.empty()) return Error{Code::kInvalidArgument, where + ": a [[source]] needs kind"};
      config_.sources.push_back({kind.mapped(), std::move(values)});
      return Ok();
    }
    if (!kind.empty() && kind.mapped() != "duckdb") {
      return Error{Code::kInvalidArgument,
                   where + ": store '" + kind.mapped() + "' is not built in; there is: duckdb"};
    }
    if (const auto retention = values.extract("retention"); !retention.empty()) {
      HB_ASSIGN(config_.store_retention_ms, ParseDurationMs(retention.mapped()));
      config_.origin["store.retention"] = where;
    }
    config_.store = std::move(values);
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

}  // namespace

Result<Config> ParseConfig(std::string_view text, const std::string& name) {
  toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Error{Code::kInvalidArgument,
                 name + ":" + std::to_string(error.source().begin.line) + ":" +
                     std::to_string(error.source().begin.column) + ": " +
                     std::string(error.description())};
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
    out += std::string(key.name) + " = " + (key.secret && !value.empty() ? "***" : value) + "  # " +
           (origin == config.origin.end() ? "default" : origin->second) + "\n";
  }
  for (const ComponentConfig& source : config.sources) out += "[[source]] kind = " + source.kind + "\n";
  for (const TaskConfig& task : config.tasks) out += "[[task]] " + task.tag + " = " + task.rule + "\n";
  return out;
}

}  // namespace hb
