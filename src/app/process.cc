#include "app/process.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "app/control.h"
#include "app/first_source.h"
#include "app/progress_line.h"
#include "app/runtime.h"
#include "app/signals.h"
#include "app/simulation.h"
#include "app/web_files.h"
#include "base/logging.h"
#include "serve/server.h"
#include "source/demo/tasks.h"

namespace hb {

namespace {

/// kInvalidArgument for flags that contradict each other.
Status CheckFlags(const ProcessOptions& options) {
  const bool replays = !options.replay.empty();
  if (replays && !options.source.empty() && options.source != "replay") {
    return Error{Code::kInvalidArgument,
                 "--replay plays a file, --source is another source: give one of them"};
  }
  if (!replays && !(options.map.empty() && options.format.empty())) {
    return Error{Code::kInvalidArgument,
                 "--map and --format say how a file is read: give --replay"};
  }
  if (options.simulated && replays) {
    return Error{Code::kInvalidArgument,
                 "--replay plays a file, --simulated a network: give one of them"};
  }
  if (!options.listen.empty() && options.listen.find(':') == std::string::npos) {
    return Error{Code::kInvalidArgument, "--listen: '" + options.listen +
                                             "' is no address; write one such as 127.0.0.1:8080"};
  }
  return Ok();
}

/// The sources that the flags ask for; else the configured ones; else what a first start shows.
Result<std::vector<ComponentConfig>> ChooseSources(const ProcessOptions& options,
                                                   const Config& config, Log& log) {
  if (!options.replay.empty()) {
    ComponentConfig replay{"replay", {{"path", options.replay}, {"speed", options.speed}}};
    if (!options.map.empty()) replay.values["map"] = options.map;
    if (!options.format.empty()) replay.values["format"] = options.format;
    return std::vector{std::move(replay)};
  }
  if (!options.source.empty()) {
    for (const ComponentConfig& source : config.sources) {
      if (source.kind == options.source) return std::vector{source};
    }
    return std::vector<ComponentConfig>{{options.source, {}}};
  }
  if (!config.sources.empty()) return config.sources;
  if (options.simulated) return std::vector<ComponentConfig>{{"x_stream", {}}};
  HB_ASSIGN(const bool heard, HasHeardBluesky(log));
  FirstSource first =
      ChooseFirstSource(options.command == "up" ? config.try_first : "", OfflineBecause(), heard);
  LogInfo("{}", first.line);
  return std::vector{std::move(first.source)};
}

Status AddSources(const std::vector<ComponentConfig>& sources, bool simulated, Runtime& runtime) {
  HB_TRY(runtime.SyncTasks(runtime.config().tasks));
  if (simulated && runtime.Tasks().empty()) HB_TRY(runtime.SyncTasks(SimulatedTasks()));
  for (const ComponentConfig& source : sources) {
    if (source.kind == "demo" && runtime.Tasks().empty()) {
      std::vector<TaskConfig> tasks;
      for (const DemoTask& task : DemoTasks()) {
        tasks.push_back({std::string(task.tag), std::string(task.rule)});
      }
      HB_TRY(runtime.SyncTasks(tasks));
    }
    HB_TRY(runtime.AddSource(source));
  }
  return Ok();
}

void SayDone(const SystemStatus& status) {
  std::uint64_t dead = 0, redactions = 0;
  for (const SourceStatus& source : status.sources) {
    dead += source.dead_letters;
    redactions += source.redactions;
  }
  std::string text = "done: " + std::to_string(status.posts_total) + " posts, " +
                     std::to_string(dead) + " rows that could not be used";
  if (redactions > 0) text += ", " + std::to_string(redactions) + " deletes, edits and the like";
  if (dead > 0) text += " (see `heartbeat deadletters list`)";
  if (status.posts_total + dead + redactions == 0) {
    text += "; a file that was replayed to its end already adds nothing";
  }
  LogInfo("{}", text);
}

/// Runs until a signal, a failure, or (when asked for) the end of all sources.
int Watch(const ProcessOptions& options, const Signals& signals, Runtime& runtime) {
  ProgressLine progress(isatty(STDERR_FILENO) != 0);
  bool said_done = false;
  while (true) {
    if (signals.Next(std::chrono::milliseconds(options.exit_when_done ? 50 : 250))) {
      progress.End();
      LogInfo("stopping");
      // Who waits for the end must not take this for it.
      return options.exit_when_done ? kExitFailed : kExitDone;
    }
    progress.Show(runtime.Snapshot());
    if (const std::string failed = runtime.Failure(); !failed.empty()) {
      progress.End();
      // With --exit-when-done somebody waits for us; a stage by itself is started again by whoever
      // looks after it; else the dashboard still shows why.
      if (options.exit_when_done || !options.stages.all())
        return Fail({Code::kInternal, failed + " stopped by an error (see above)"});
    }
    const Result<bool> drained = runtime.Drained();
    if (!drained.ok() || !drained.value() || said_done) continue;
    said_done = true;
    progress.End();
    const SystemStatus status = runtime.Snapshot();
    SayDone(status);
    if (options.exit_when_done) return kExitDone;
  }
}

/// The configuration with what the flags say; kInvalidArgument: this process cannot be with it.
Result<Config> ReadConfig(const ProcessOptions& options, const CommandContext& context) {
  HB_TRY(CheckFlags(options));
  HB_ASSIGN(Config config, LoadConfig(context.config_path));
  if (!options.stages.all() && config.log.kind != "kafka") {
    return Error{Code::kInvalidArgument,
                 "heartbeat " + options.command + " is one stage over Kafka, and log.kind is \"" +
                     config.log.kind +
                     "\": set log.kind = \"kafka\" and kafka.servers, or take `heartbeat up`, "
                     "which runs all stages"};
  }
  if (!context.data_dir.empty()) config.data_dir = context.data_dir;
  if (!options.serves) config.listen = config.elasticsearch_listen = "";
  if (!options.listen.empty()) config.listen = options.listen;
  if (!options.tier.empty()) {
    HB_ASSIGN(config.analysis_tier, AnalysisChain::ParseTier(options.tier));
  }
  return config;
}

Part PartOf(const ProcessOptions& options, const Signals& signals) {
  Part part{options.stages, options.keeps_store, options.serves, {}};
  part.waiting.stop = [&signals] { return signals.Next(std::chrono::milliseconds(0)); };
  part.waiting.progress = [said = std::string()](const std::string& text) mutable {
    if (text == said) return;
    if (text.empty()) {
      LogInfo("the servers are there");
    } else {
      LogWarning("waiting: {}", text);
    }
    said = text;
  };
  return part;
}

Result<std::unique_ptr<Server>> StartServer(const Config& config, const ProcessOptions& options,
                                            Runtime& runtime) {
  Server::Options serve;
  serve.listen = config.listen;
  serve.token = config.token;
  if (options.keeps_store) serve.control_socket = ControlSocketPath(config.data_dir);
  serve.elasticsearch_listen = config.elasticsearch_listen;
  serve.export_dir = config.data_dir;
  return Server::Start(serve, runtime, runtime.hub(), WebFiles());
}

}  // namespace

Result<int> RunProcess(const ProcessOptions& options, const CommandContext& context) {
  HB_ASSIGN(const Config config, ReadConfig(options, context));

  std::signal(SIGPIPE, SIG_IGN);  // A client that goes away is an error of that write.
  const Signals signals;          // Before any thread is started.
  SystemClock clock;
  std::unique_ptr<simulate::Simulator> simulator;  // outlives the sources
  if (options.simulated) {
    HB_ASSIGN(simulator, StartSimulation({}, clock));
    LogInfo("simulated: {}/simulate/faults makes trouble", simulator->base_url());
  }
  auto opened = Runtime::Open(config, PartOf(options, signals));
  if (!opened.ok() && opened.error().code == Code::kCancelled) return kExitDone;
  HB_ASSIGN(const auto runtime, std::move(opened));
  std::vector<ComponentConfig> sources;
  if (options.takes_sources) {
    HB_ASSIGN(sources, ChooseSources(options, config, runtime->log()));
  }
  if (simulator) {
    for (ComponentConfig& source : sources) {
      HB_ASSIGN(source, OnSimulator(std::move(source), *simulator));
    }
  }
  HB_TRY(AddSources(sources, options.simulated, *runtime));
  std::unique_ptr<Server> server;
  if (!config.listen.empty() || options.keeps_store) {
    HB_ASSIGN(server, StartServer(config, options, *runtime));
  }
  HB_TRY(runtime->Start());
  if (!config.listen.empty()) {
    const std::string host = config.listen.substr(0, config.listen.rfind(':'));
    LogInfo("{}: http://{}:{}/  data: {}", options.serves ? "dashboard" : "metrics", host,
            server->port(), options.keeps_store ? config.data_dir : "none");
  }
  const int exit_code = Watch(options, signals, *runtime);
  if (server) server->Stop();
  runtime->Stop();
  return exit_code;
}

void AddSourceFlags(CLI::App& command, ProcessOptions& options) {
  command.add_option("--source", options.source, "kind of source (demo, replay, ...)")
      ->check(NotEmpty());
  command
      .add_option("--replay", options.replay,
                  "play this file (CSV or JSONL, also .gz or .zst; - is stdin)")
      ->check(NotEmpty());
  command.add_option("--speed", options.speed,
                     "1: as recorded, 10: ten times that, max: as fast as it goes");
  command.add_flag("--simulated", options.simulated,
                   "listen to a simulator in this process instead of the network");
  command.add_option("--map", options.map, "columns of a CSV: content=text,time=created_at");
  command.add_option("--format", options.format,
                     "format of the file, if it is not recognised by itself");
}

void AddListenFlag(CLI::App& command, ProcessOptions& options, const std::string& what) {
  command.add_option("--listen", options.listen, what)->check(NotEmpty());
}

}  // namespace hb
