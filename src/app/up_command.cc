// `heartbeat up`: every stage, the API and the dashboard in one process.
#include <memory>

#include "app/commands.h"
#include "app/process.h"

namespace hb {

void AddUpCommand(CLI::App& app, CommandContext& context) {
  auto* command =
      app.add_subcommand("up", "run every stage, the API and the dashboard in one process");
  auto options = std::make_shared<ProcessOptions>();
  options->command = "up";
  AddSourceFlags(*command, *options);
  AddListenFlag(*command, *options, "address of API and dashboard (default 127.0.0.1:8080)");
  command
      ->add_option("--tier", options->tier, "which models say what posts feel like (default fast)")
      ->check(CLI::IsMember({"fast", "accurate", "cascade"}));
  command->add_flag("--exit-when-done", options->exit_when_done,
                    "end once every source has ended and all is stored");
  command->callback([options, &context] {
    const Result<int> code = RunProcess(*options, context);
    context.exit_code = code.ok() ? code.value() : Fail(code.error());
  });
}

}  // namespace hb
