#include "app/simulation.h"

#include <algorithm>
#include <utility>

#include "app/catalogue.h"
#include "component/component.h"
#include "wire/times.h"

namespace hb {

namespace {

constexpr std::size_t kMostPosts = 2'000'000;  ///< of a file; they are held in memory

/// All posts of a file.
Status ReadCorpus(const SimulationOptions& options, Clock& clock,
                  simulate::Simulator::Options& out) {
  Settings::Values values{{"path", options.corpus}, {"speed", "max"}};
  if (!options.map.empty()) values["map"] = options.map;
  if (!options.format.empty()) values["format"] = options.format;
  HB_ASSIGN(const auto* entry, FindSource("replay"));
  Env env{clock, "."};
  HB_ASSIGN(const auto source, MakeComponent(*entry, values, env));
  Intake intake;
  PollState state = PollState::kMore;
  while (state != PollState::kDone && out.posts.size() < kMostPosts) {
    intake.Clear();
    HB_ASSIGN(state, source->Poll(4'000, std::chrono::seconds(1), intake));
    for (std::size_t row = 0; row < intake.posts.size(); ++row)
      out.posts.AppendRow(intake.posts, row);
    std::move(intake.redactions.begin(), intake.redactions.end(),
              std::back_inserter(out.redactions));
  }
  if (out.posts.empty())
    return Error{Code::kInvalidArgument, options.corpus + " has no posts to play"};
  return Ok();
}

Result<std::chrono::milliseconds> Duration(const char* option, const std::string& text) {
  const auto ms = ParseDurationMs(text);
  if (!ms.ok() || ms.value() < 0)
    return Error{Code::kInvalidArgument, std::string(option) + ": '" + text +
                                             "' is no duration; write one such as 20s or 15m"};
  return std::chrono::milliseconds(ms.value());
}

bool HasField(const Entry<Source, Env>& entry, std::string_view name) {
  return std::any_of(entry.fields.begin(), entry.fields.end(),
                     [&](const Field& field) { return field.name == name; });
}

}  // namespace

Result<std::unique_ptr<simulate::Simulator>> StartSimulation(const SimulationOptions& options,
                                                             Clock& clock) {
  simulate::Simulator::Options simulator;
  simulator.listen = options.listen;
  HB_ASSIGN(const auto history, Duration("--history", options.history));
  simulator.corpus.begin = clock.Now() - history;
  if (!options.begin.empty()) {
    const auto begin = ParsePostTime(options.begin);
    if (!begin) return Error{Code::kInvalidArgument, "--begin: '" + options.begin + "' is no time"};
    simulator.corpus.begin = *begin;
  }
  simulator.corpus.rate = options.rate;
  simulator.corpus.speed = options.speed;
  simulator.corpus.seed = options.seed;
  simulator.corpus.loop = !options.once;
  simulator.corpus.edits = options.edits;
  if (options.plain) simulator.corpus.edits = simulator.corpus.deletes = 0;
  simulator.faults = options.faults == "random"
                         ? "{\"random\":{\"seed\":" + std::to_string(options.seed) + "}}"
                         : options.faults;
  simulator.x.token = simulator.mastodon.token = options.token;
  simulator.x.vocabulary =
      options.vocabulary == "post" ? simulate::Vocabulary::kPost : simulate::Vocabulary::kTweet;
  simulator.x.rate_limits = options.rate_limits;
  HB_ASSIGN(simulator.x.keep_alive, Duration("--keep-alive", options.keep_alive));
  HB_ASSIGN(simulator.x.search_lag, Duration("--search-lag", options.search_lag));
  simulator.x.chunk_bytes = options.chunk_bytes;
  simulator.x.usage_cap = options.usage_cap;
  if (!options.corpus.empty()) HB_TRY(ReadCorpus(options, clock, simulator));
  return simulate::Simulator::Start(std::move(simulator), clock);
}

Result<ComponentConfig> OnSimulator(ComponentConfig source, const simulate::Simulator& simulator) {
  HB_ASSIGN(const auto* entry, FindSource(source.kind));
  const std::string base = simulator.base_url();
  if (HasField(*entry, "base_url")) {
    source.values["base_url"] = base;
  } else if (HasField(*entry, "url")) {
    source.values["url"] = "ws" + base.substr(4);
  } else {
    return Error{Code::kInvalidArgument,
                 "--simulated: '" + source.kind +
                     "' listens to no network; it goes with a live source such as x_stream"};
  }
  if (HasField(*entry, "token") && source.values["token"].empty())
    source.values["token"] = "simulated";
  return source;
}

std::vector<TaskConfig> SimulatedTasks() {
  return {{"coffee", "(coffee OR espresso OR latte OR decaf) -is:retweet"},
          {"football", "#football OR (referee OR goalkeeper OR penalty)"},
          {"ukraine", "(ukraine OR kyiv OR odesa) lang:en"},
          {"climate", "climate OR flood OR drought"},
          {"trains", "(train OR commute OR timetable) -is:retweet"}};
}

}  // namespace hb
