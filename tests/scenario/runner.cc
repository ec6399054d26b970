// Runs scenario files. usage: scenario_runner CONFIG SCENARIO...   The commands are listed in
// README.md.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "stand.h"

namespace hb {
namespace {

/// One line: words and name=value pairs; values may be quoted.
struct Line {
  int number = 0;
  std::vector<std::string> words;
  std::map<std::string, std::string> values;
};

Result<Line> ParseLine(const std::string& text, int number) {
  Line line;
  line.number = number;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
      continue;
    }
    if (text[i] == '#') break;
    std::string word;
    std::size_t equals = std::string::npos;
    for (bool quoted = false; i < text.size() && (quoted || text[i] != ' '); ++i) {
      if (text[i] == '"') {
        quoted = !quoted;
      } else if (text[i] == '\\' && quoted && i + 1 < text.size()) {
        word += text[++i];
      } else {
        if (text[i] == '=' && !quoted && equals == std::string::npos) equals = word.size();
        word += text[i];
      }
      if (i + 1 == text.size() && quoted)
        return Error{Code::kInvalidArgument, "a quote is not closed"};
    }
    if (equals == std::string::npos) {
      line.words.push_back(std::move(word));
    } else {
      line.values[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return line;
}

Result<double> Number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0')
    return Error{Code::kInvalidArgument, "'" + text + "' is not a number"};
  return value;
}

Result<std::int64_t> Whole(const std::string& text) {
  HB_ASSIGN(const double value, Number(text));
  return static_cast<std::int64_t>(value);
}

Result<std::vector<std::chrono::milliseconds>> Sizes(const std::string& text) {
  std::vector<std::chrono::milliseconds> sizes;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    HB_ASSIGN(const std::int64_t size, Whole(part));
    sizes.emplace_back(size);
  }
  return sizes;
}

std::string CountOf(const CountMap& map, const std::string& key) {
  for (const KeyCount& count : map.counts) {
    if (count.key == key) return std::to_string(count.count);
  }
  return "0";
}

std::string Decimal(std::int64_t micro) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", FromMicro(micro));
  return text;
}

/// The figure of `row` that scenarios call `name`; "?" if there is none of that name.
std::string Figure(const Aggregate& row, const std::string& name) {
  const auto whole = [](std::uint64_t value) { return std::to_string(value); };
  const std::map<std::string, std::string> plain{
      {"posts", whole(row.posts)},
      {"authors", whole(row.authors.Count())},
      {"approximate", row.authors.approximate() ? "yes" : "no"},
      {"revision", whole(row.revision)},
      {"final", row.is_final ? "yes" : "no"},
      {"negative", whole(row.labels[0])},
      {"neutral", whole(row.labels[1])},
      {"positive", whole(row.labels[2])},
      {"negative4", whole(row.labels4[0])},
      {"neutral4", whole(row.labels4[1])},
      {"positive4", whole(row.labels4[2])},
      {"mixed4", whole(row.labels4[3])},
      {"kind.post", whole(row.kinds[0])},
      {"kind.repost", whole(row.kinds[1])},
      {"kind.reply", whole(row.kinds[2])},
      {"kind.quote", whole(row.kinds[3])},
      {"neg", Decimal(row.neg)},
      {"neu", Decimal(row.neu)},
      {"pos", Decimal(row.pos)},
      {"mixed", Decimal(row.mixed)},
      {"polarity", Decimal(row.polarity)},
      {"subjectivity", Decimal(row.subjectivity)},
      {"tags", whole(row.hashtags.counts.size())},
      {"languages", whole(row.languages.counts.size())}};
  if (const auto at = plain.find(name); at != plain.end()) return at->second;
  const auto dot = name.find('.');
  const std::string group = name.substr(0, dot),
                    key = dot == std::string::npos ? "" : name.substr(dot + 1);
  if (group == "tag") return CountOf(row.hashtags, key);
  if (group == "lang") return CountOf(row.languages, key);
  if (group == "country") return CountOf(row.countries, key);
  if (group == "word") return CountOf(row.words, key);
  return "?";
}

class Runner {
 public:
  Runner(StandConfig config, const AnalysisChain& chain) : config_(config), stand_(config, chain) {}

  Status Run(const Line& line) {
    const std::string& verb = line.words.front();
    if (verb == "set") return Set(line);
    if (verb == "task")
      return line.words.size() == 3 ? stand_.AddTask(line.words[1], line.words[2])
                                    : Usage("task TAG \"RULE\"");
    if (verb == "post") return Posts(line, 1);
    if (verb == "posts") {
      HB_ASSIGN(const std::int64_t count, Whole(line.words.size() == 2 ? line.words[1] : ""));
      return Posts(line, count);
    }
    if (verb == "delete")
      return line.words.size() == 2 ? stand_.Delete(line.words[1]) : Usage("delete ID");
    if (verb == "watermark") {
      HB_ASSIGN(const std::int64_t ms, Whole(line.words.size() == 2 ? line.words[1] : ""));
      return stand_.Watermark(FromMillis(ms));
    }
    if (verb == "restart") return stand_.Restart();
    if (verb == "expect") return Expect(line);
    return Error{Code::kInvalidArgument, "unknown command '" + verb + "'"};
  }
  [[nodiscard]] int checks() const { return checks_; }

 private:
  static Status Usage(const std::string& text) {
    return Error{Code::kInvalidArgument, "write: " + text};
  }

  Status Set(const Line& line) {
    std::vector<std::chrono::milliseconds> sizes{std::chrono::milliseconds(1000)};
    std::int64_t lateness = 0;
    for (const auto& [name, value] : line.values) {
      if (name == "sizes_ms") {
        HB_ASSIGN(sizes, Sizes(value));
      } else if (name == "lateness_ms") {
        HB_ASSIGN(lateness, Whole(value));
      } else {
        return Error{Code::kInvalidArgument, "unknown setting '" + name + "'"};
      }
    }
    return stand_.SetWindows(std::move(sizes), std::chrono::milliseconds(lateness));
  }

  static Status PutField(const std::string& name, const std::string& value, ScenarioPost& post) {
    const std::map<std::string, std::string ScenarioPost::*> texts{
        {"id", &ScenarioPost::id},           {"text", &ScenarioPost::text},
        {"author", &ScenarioPost::author},   {"lang", &ScenarioPost::lang},
        {"country", &ScenarioPost::country}, {"kind", &ScenarioPost::kind}};
    const std::map<std::string, double ScenarioPost::*> numbers{
        {"neg", &ScenarioPost::neg},
        {"neu", &ScenarioPost::neu},
        {"mixed", &ScenarioPost::mixed},
        {"polarity", &ScenarioPost::polarity},
        {"subjectivity", &ScenarioPost::subjectivity}};
    if (const auto text = texts.find(name); text != texts.end()) {
      post.*text->second = value;
    } else if (const auto number = numbers.find(name); number != numbers.end()) {
      HB_ASSIGN(post.*number->second, Number(value));
    } else if (name == "t") {
      HB_ASSIGN(post.time_ms, Whole(value));
    } else if (name != "step") {
      return Error{Code::kInvalidArgument, "a post has no field '" + name + "'"};
    }
    return Ok();
  }

  /// `count` posts `step` ms apart; "{n}" in a text field becomes the number of the post.
  Status Posts(const Line& line, std::int64_t count) {
    std::int64_t step = 0;
    if (const auto at = line.values.find("step"); at != line.values.end()) {
      HB_ASSIGN(step, Whole(at->second));
    }
    for (std::int64_t n = 0; n < count; ++n) {
      ScenarioPost post;
      post.id = "line" + std::to_string(line.number) + "-" + std::to_string(n);
      post.author = "somebody";
      for (auto [name, value] : line.values) {
        if (const auto mark = value.find("{n}"); mark != std::string::npos)
          value.replace(mark, 3, std::to_string(n));
        HB_TRY(PutField(name, value, post));
      }
      post.time_ms += n * step;
      HB_TRY(stand_.Post(post));
    }
    return Ok();
  }

  Status Expect(const Line& line) {
    ++checks_;
    HB_TRY(stand_.Commit());
    const std::string what = line.words.size() > 1 ? line.words[1] : "";
    if (what == "row") return ExpectRow(line);
    HB_ASSIGN(const std::int64_t wanted, Whole(line.words.size() > 2 ? line.words[2] : ""));
    std::int64_t found = 0;
    if (what == "repeats") {
      found = static_cast<std::int64_t>(stand_.repeats());
    } else if (what == "rows") {
      for (const auto& [key, row] : stand_.Windows()) {
        const std::map<std::string, std::string> have{
            {"task", key.task},
            {"start", std::to_string(ToMillis(key.window_start))},
            {"size", std::to_string(key.window_ms)}};
        bool same = true;
        for (const auto& [name, value] : line.values) {
          if (!have.contains(name))
            return Error{Code::kInvalidArgument, "rows are chosen by task, start and size"};
          same = same && have.at(name) == value;
        }
        found += same ? 1 : 0;
      }
    } else {
      return Usage("expect row NAME=VALUE..., expect rows N, or expect repeats N");
    }
    if (found == wanted) return Ok();
    return Error{Code::kInternal,
                 what + ": " + std::to_string(found) + ", expected " + std::to_string(wanted)};
  }

  Status ExpectRow(const Line& line) {
    AggregateKey key{std::string(kAllTasks), EventTime{}, 1000, Partition{0}};
    int figures = 0;
    for (const auto& [name, value] : line.values) {
      if (name == "task") {
        key.task = value;
      } else if (name == "start") {
        HB_ASSIGN(const std::int64_t start, Whole(value));
        key.window_start = FromMillis(start);
      } else if (name == "size") {
        HB_ASSIGN(key.window_ms, Whole(value));
      } else {
        ++figures;
      }
    }
    if (figures == 0)
      return Error{Code::kInvalidArgument, "a row is expected, but no figure of it"};
    const auto windows = stand_.Windows();
    const auto at = windows.find(key);
    if (at == windows.end()) return Error{Code::kInternal, "there is no such row"};
    for (const auto& [name, value] : line.values) {
      if (name == "task" || name == "start" || name == "size") continue;
      if (name == "revision" && !config_.check_revision) continue;
      const std::string found = Figure(at->second, name);
      if (found == "?") return Error{Code::kInvalidArgument, "a row has no figure '" + name + "'"};
      if (found != value)
        return Error{Code::kInternal, name + " is " + found + ", expected " + value};
    }
    return Ok();
  }

  const StandConfig config_;
  Stand stand_;
  int checks_ = 0;
};

Result<StandConfig> ReadConfig(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{Code::kNotFound, path + " cannot be read"};
  StandConfig config;
  std::string text;
  while (std::getline(file, text)) {
    HB_ASSIGN(const Line line, ParseLine(text, 0));
    for (const auto& [name, value] : line.values) {
      HB_ASSIGN(const std::int64_t number, Whole(value));
      if (name == "partitions") {
        config.partitions = static_cast<std::int32_t>(number);
      } else if (name == "batch") {
        config.batch = static_cast<std::size_t>(number);
      } else if (name == "max_loaded") {
        config.max_loaded = static_cast<std::size_t>(number);
      } else if (name == "restart_every_step") {
        config.restart_every_step = number != 0;
      } else if (name == "decode") {
        config.decode = number != 0;
      } else if (name == "check_revision") {
        config.check_revision = number != 0;
      } else {
        return Error{Code::kInvalidArgument, path + ": unknown setting '" + name + "'"};
      }
    }
    if (!line.words.empty()) return Error{Code::kInvalidArgument, path + ": write name=value"};
  }
  return config;
}

/// Gives the number of expectations that held; -1 after the first that did not.
int RunFile(const std::string& path, const StandConfig& config, const AnalysisChain& chain) {
  std::ifstream file(path);
  Runner runner(config, chain);
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    Result<Line> line = ParseLine(text, number);
    if (line.ok() && line.value().words.empty() && line.value().values.empty()) continue;
    Status done = Ok();
    if (!line.ok()) {
      done = line.error();
    } else if (line.value().words.empty()) {
      done = Error{Code::kInvalidArgument, "a line begins with a command"};
    } else {
      done = runner.Run(line.value());
    }
    if (!done.ok()) {
      std::fprintf(stderr, "%s:%d: %s\n  %s\n", path.c_str(), number, done.error().message.c_str(),
                   text.c_str());
      return -1;
    }
  }
  if (runner.checks() == 0) {
    std::fprintf(stderr, "%s expects nothing\n", path.c_str());
    return -1;
  }
  return runner.checks();
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: scenario_runner CONFIG SCENARIO...\n");
    return 2;
  }
  const auto config = ReadConfig(argv[1]);
  if (!config.ok()) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 2;
  }
  const auto chain = AnalysisChain::Create();
  if (!chain.ok()) {
    std::fprintf(stderr, "%s\n", chain.error().message.c_str());
    return 1;
  }
  int failed = 0, checks = 0;
  for (int i = 2; i < argc; ++i) {
    const int held = RunFile(argv[i], config.value(), *chain.value());
    failed += held < 0 ? 1 : 0;
    checks += held < 0 ? 0 : held;
  }
  std::printf("%d scenarios, %d expectations held, %d scenarios failed\n", argc - 2, checks,
              failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace hb

int main(int argc, char** argv) { return hb::Main(argc, argv); }
