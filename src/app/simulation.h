// app/simulation.h - the simulator as the command line asks for it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "env/env.h"
#include "simulate/simulator.h"

namespace hb {

struct SimulationOptions {
  std::string listen = "127.0.0.1:0";
  std::string corpus, map, format;  ///< a file of posts; "": they are made up
  double rate = 0;                  ///< posts a second; 0: 25, or as recorded
  double speed = 1;                 ///< of a file, without a rate
  std::uint64_t seed = 1;
  std::string history = "7d";  ///< how much was said before now
  std::string begin;           ///< or from when on, ISO 8601
  bool once = false;           ///< a file is played once
  double edits = 0.005;        ///< share of what is made up that edits an earlier post
  bool plain = false;          ///< nothing is edited or deleted
  std::string faults;          ///< "random", or JSON as POST /simulate/faults takes it
  std::string token;           ///< the right one; "": any
  std::string vocabulary = "tweet";
  bool rate_limits = true;
  std::string keep_alive = "20s", search_lag = "10s";
  std::uint64_t chunk_bytes = 0;
  std::uint64_t usage_cap = 3'000'000;
};

/// Reads the corpus and listens. kInvalidArgument names the option.
Result<std::unique_ptr<simulate::Simulator>> StartSimulation(const SimulationOptions& options,
                                                             Clock& clock);

/// The same source, on the simulator. kInvalidArgument: a kind that is not simulated.
Result<ComponentConfig> OnSimulator(ComponentConfig source, const simulate::Simulator& simulator);

/// Tasks that find something in what the simulator makes up, for who has none.
std::vector<TaskConfig> SimulatedTasks();

}  // namespace hb
