// app/process.h - a process of stages: `up`, and each stage by itself.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "app/commands.h"
#include "base/result.h"
#include "pipeline/pipeline.h"

namespace hb {

/// What one command of this kind asks for.
struct ProcessOptions {
  std::string command;  ///< "up", "analyze", ...
  StageSet stages;
  bool keeps_store = true;  ///< has a store in the data folder
  bool takes_sources = true;
  bool serves = true;  ///< dashboard and API, at serve.listen; else only at --listen
  std::string source, replay, speed = "1", map, format, listen, tier;
  bool simulated = false;  ///< sources listen to a simulator instead of the network
  bool exit_when_done = false;
};

/// Flags that choose a source.
void AddSourceFlags(CLI::App& command, ProcessOptions& options);
void AddListenFlag(CLI::App& command, ProcessOptions& options, const std::string& what);

/// Runs until a signal comes, a stage fails (of a process that is not `up`), or all is done where
/// that was asked. The exit code, or why it could not begin.
Result<int> RunProcess(const ProcessOptions& options, const CommandContext& context);

}  // namespace hb
