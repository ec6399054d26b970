// `heartbeat ingest`, `analyze`, `window`, `store`, `serve`: one stage each, over Kafka.
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/process.h"

namespace hb {

namespace {

std::shared_ptr<ProcessOptions> AddStage(CLI::App& app, CommandContext& context,
                                         const std::string& name, const std::string& help,
                                         StageSet stages) {
  auto options = std::make_shared<ProcessOptions>();
  options->command = name;
  options->stages = stages;
  options->keeps_store = stages.store;
  options->serves = options->takes_sources = false;
  app.add_subcommand(name, help)->callback([options, &context] {
    const Result<int> code = RunProcess(*options, context);
    context.exit_code = code.ok() ? code.value() : Fail(code.error());
  });
  return options;
}

constexpr StageSet kIngest{true, false, false, false}, kAnalyze{false, true, false, false},
    kWindow{false, false, true, false}, kStore{false, false, false, true},
    kServe{true, false, false, true};  // Deletes and dead letters of its clients are taken in.

constexpr char kMetrics[] = "address of status and metrics, such as 127.0.0.1:9101 (default: none)";

}  // namespace

void AddStageCommands(CLI::App& app, CommandContext& context) {
  const auto ingest =
      AddStage(app, context, "ingest",
               "over Kafka: take posts in from sources, to the topic ingest", kIngest);
  ingest->takes_sources = true;
  CLI::App& ingest_command = *app.get_subcommand("ingest");
  AddSourceFlags(ingest_command, *ingest);
  ingest_command.add_flag("--exit-when-done", ingest->exit_when_done,
                          "end once every source has ended");
  AddListenFlag(ingest_command, *ingest, kMetrics);

  const auto analyze =
      AddStage(app, context, "analyze",
               "over Kafka: say what posts on ingest say, to analysis and sentiment", kAnalyze);
  app.get_subcommand("analyze")
      ->add_option("--tier", analyze->tier, "which models say what posts feel like (default fast)")
      ->check(CLI::IsMember({"fast", "accurate", "cascade"}));
  AddListenFlag(*app.get_subcommand("analyze"), *analyze, kMetrics);

  const auto window =
      AddStage(app, context, "window",
               "over Kafka: fold analysis into windows, to the topic windows", kWindow);
  AddListenFlag(*app.get_subcommand("window"), *window, kMetrics);

  const auto store =
      AddStage(app, context, "store",
               "over Kafka: keep posts and windows in the store of the data folder", kStore);
  AddListenFlag(*app.get_subcommand("store"), *store, kMetrics);

  const auto serve = AddStage(app, context, "serve",
                              "over Kafka: the same, with the API and the dashboard", kServe);
  serve->serves = true;
  AddListenFlag(*app.get_subcommand("serve"), *serve,
                "address of API and dashboard (default 127.0.0.1:8080)");
}

}  // namespace hb
