// `heartbeat config`: what is in force and where it comes from; and the reference pages of docs/.
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/config.h"
#include "app/reference.h"

namespace hb {

namespace {

Result<std::string> Text(const std::string& page, const CommandContext& context) {
  if (!page.empty()) return ReferencePage(page);
  HB_ASSIGN(Config config, LoadConfig(context.config_path));
  if (!context.data_dir.empty()) {
    config.data_dir = context.data_dir;
    config.origin["data_dir"] = "--data";
  }
  return DescribeConfig(config);
}

}  // namespace

void AddConfigCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("config", "every setting in force, with where it comes from");
  auto page = std::make_shared<std::string>();
  command->add_option("--reference", *page,
                      "print a page of docs/reference/ instead: settings, sources, logs or stores");
  command->callback([page, &context] {
    const Result<std::string> text = Text(*page, context);
    if (!text.ok()) {
      context.exit_code = Fail(text.error());
      return;
    }
    std::fputs(text.value().c_str(), stdout);
  });
}

}  // namespace hb
