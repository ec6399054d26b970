// `heartbeat config`: what is in force and where it comes from.
#include <cstdio>

#include "app/commands.h"
#include "app/config.h"

namespace hb {

void AddConfigCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("config", "every setting in force, with where it comes from");
  command->callback([&context] {
    Result<Config> config = LoadConfig(context.config_path);
    if (!config.ok()) {
      context.exit_code = Fail(config.error());
      return;
    }
    if (!context.data_dir.empty()) config.value().data_dir = context.data_dir;
    std::fputs(DescribeConfig(config.value()).c_str(), stdout);
  });
}

}  // namespace hb
