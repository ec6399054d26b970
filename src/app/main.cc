// app/main.cc - the command line.
#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <thread>

#include "app/commands.h"
#include "app/version.h"
#include "base/logging.h"
#include "base/result.h"

namespace hb {

Status FinishOutput() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return Ok();
  return Error{Code::kExhausted,
               std::string("the output could not be written whole: ") + std::strerror(errno)};
}

int Fail(const Error& error) {
  std::fprintf(stderr, "heartbeat: %s\n", error.message.c_str());
  return error.code == Code::kInvalidArgument ? kExitUsage : kExitFailed;
}

namespace {

/// glibc opens up to eight arenas a core, and each keeps what its busiest moment took: with batches
/// that are made by one thread and freed by another, a quarter of our peak was that (bench/results,
/// start and memory).
void BoundArenas() {
#ifdef M_ARENA_MAX
  mallopt(M_ARENA_MAX, static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2u, 64u)));
#endif
}

int Main(int argc, char** argv) {
  BoundArenas();
  CLI::App app{"heartbeat takes the pulse of a public conversation.", "heartbeat"};
  app.set_version_flag("--version", std::string(kVersion));
  app.require_subcommand(1);
  app.fallthrough();
  CommandContext context;
  app.add_option("--config", context.config_path,
                 "configuration file (default: heartbeat.toml if it is there)")
      ->check(NotEmpty());
  app.add_option("--data", context.data_dir, "folder of log and store (default: data)")
      ->check(NotEmpty());
  app.add_option("--log", context.log_style, "lines for people or for machines")
      ->check(CLI::IsMember({"text", "json"}));
  app.parse_complete_callback([&] {
    InitLogging(context.log_style == "json" ? LogStyle::kJson : LogStyle::kText, "info");
  });
  AddUpCommand(app, context);
  AddStageCommands(app, context);
  AddScoreCommand(app, context);
  AddTopicsOfCommand(app, context);
  AddModelCommands(app, context);
  AddQueryCommand(app, context);
  AddRulesCommand(app, context);
  AddTopicsCommand(app, context);
  AddDeadLettersCommand(app, context);
  AddForgetCommand(app, context);
  AddComplyCommand(app, context);
  AddXCommand(app, context);
  AddBackfillCommand(app, context);
  AddRescoreCommand(app, context);
  AddDriftCommand(app, context);
  AddSimulateCommand(app, context);
  AddBenchCommand(app, context);
  AddConfigCommand(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 reports by exception; help and version are among them and exit 0.
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  if (const Status written = FinishOutput(); !written.ok() && context.exit_code == kExitDone) {
    return Fail(written.error());
  }
  return context.exit_code;
}

}  // namespace
}  // namespace hb

int main(int argc, char** argv) {
  try {
    return hb::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "heartbeat: internal error: %s\n", error.what());
    return hb::kExitFailed;
  }
}
