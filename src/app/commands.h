// app/commands.h - what each command adds to the command line.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "base/result.h"

namespace hb {

inline constexpr int kExitDone = 0, kExitFailed = 1, kExitUsage = 2;

/// What all commands share. Lives until the program ends.
struct CommandContext {
  std::string config_path;
  std::string data_dir;  ///< "" takes the configuration's
  std::string log_style = "text";
  int exit_code = kExitDone;
};

void AddUpCommand(CLI::App& app, CommandContext& context);
void AddStageCommands(CLI::App& app, CommandContext& context);  ///< ingest, analyze, ...
void AddScoreCommand(CLI::App& app, CommandContext& context);
void AddModelCommands(CLI::App& app, CommandContext& context);  ///< train, eval
void AddQueryCommand(CLI::App& app, CommandContext& context);
void AddRulesCommand(CLI::App& app, CommandContext& context);
void AddTopicsOfCommand(CLI::App& app, CommandContext& context);
void AddTopicsCommand(CLI::App& app, CommandContext& context);
void AddTopicsCopyCommand(CLI::App& topics, CommandContext& context);  ///< of `topics`
void AddDeadLettersCommand(CLI::App& app, CommandContext& context);
void AddForgetCommand(CLI::App& app, CommandContext& context);
void AddComplyCommand(CLI::App& app, CommandContext& context);
void AddXCommand(CLI::App& app, CommandContext& context);
void AddBackfillCommand(CLI::App& app, CommandContext& context);
void AddRescoreCommand(CLI::App& app, CommandContext& context);
void AddDriftCommand(CLI::App& app, CommandContext& context);
void AddSimulateCommand(CLI::App& app, CommandContext& context);
void AddBenchCommand(CLI::App& app, CommandContext& context);
void AddConfigCommand(CLI::App& app, CommandContext& context);

/// For options whose empty value can only be a variable that was not set.
inline CLI::Validator NotEmpty() {
  return {[](std::string& value) { return value.empty() ? "is empty" : std::string(); }, ""};
}

/// Flushes standard output; an error if anything of it could not be written.
Status FinishOutput();

/// Prints "heartbeat: message" and returns kExitFailed, or kExitUsage for kInvalidArgument.
int Fail(const Error& error);

}  // namespace hb
