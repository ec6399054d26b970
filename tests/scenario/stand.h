// tests/scenario/stand.h - the window half of the pipeline, step by step in one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/chain.h"
#include "base/result.h"
#include "env/env.h"
#include "log/log.h"
#include "pipeline/seen_keys.h"
#include "pipeline/tombstones.h"
#include "record/aggregate.h"
#include "rule/rule.h"
#include "window/window_engine.h"

namespace hb {

/// How the same scenario is run; one file of tests/configs/.
struct StandConfig {
  std::int32_t partitions = 1;
  std::size_t batch = 1000;           ///< posts gathered before they are counted
  std::size_t max_loaded = 20'000;    ///< windows kept in memory
  bool restart_every_step = false;    ///< after each line, go on from what was committed
  bool decode = false;                ///< count what was decoded from bytes, as a stage that fell behind does
  bool check_revision = true;         ///< revisions depend on when was committed; see the config's reason
};

/// A post as a scenario writes it.
struct ScenarioPost {
  std::int64_t time_ms = 0;
  std::string id, text, author, lang, country, kind = "post";
  double neg = 0, neu = 1, mixed = 0, polarity = 0, subjectivity = 0;
};

/// Posts pass tombstones, de-duplication, rules, the analysis chain and one window engine a partition, with the
/// pipeline's own parts over an in-memory log. Scores are the scenario's, so that models may change.
///
/// Threads  One.
class Stand {
 public:
  Stand(StandConfig config, const AnalysisChain& chain);

  Status SetWindows(std::vector<std::chrono::milliseconds> sizes, std::chrono::milliseconds lateness);
  Status AddTask(const std::string& tag, const std::string& rule);
  Status Post(const ScenarioPost& post);
  Status Delete(const std::string& id);
  Status Watermark(EventTime watermark);
  /// Throws everything in memory away and goes on from what was committed.
  Status Restart();
  /// Counts what was gathered and commits the windows that changed.
  Status Commit();
  /// Windows that count at least one post, partitions merged, keyed without partition.
  [[nodiscard]] std::map<AggregateKey, Aggregate> Windows() const;
  [[nodiscard]] std::size_t repeats() const { return repeats_; }

 private:
  struct Lane {
    std::unique_ptr<WindowEngine> engine;
    std::shared_ptr<PostBatch> gathered;
    std::vector<ScenarioPost> scores;  ///< of the rows of `gathered`
  };
  Status MakeEngines();
  Status Count(std::size_t lane);
  Result<std::shared_ptr<const AnalysisBatch>> Analyze(Lane& lane);
  Status Refuse(PostKey key, bool& refused);

  const StandConfig config_;
  const AnalysisChain& chain_;
  std::unique_ptr<AnalysisChain::Scratch> scratch_;
  ManualClock clock_{FromMillis(1'700'000'000'000)};
  std::unique_ptr<Log> log_;
  std::unique_ptr<Tombstones> tombstones_;
  std::unique_ptr<SeenKeys> seen_;
  std::vector<Task> tasks_;
  std::shared_ptr<const RuleSet> rules_;
  WindowEngine::Options options_;
  EventTime watermark_ = EventTime::min();
  std::vector<Lane> lanes_;
  /// A window as the log keeps it: Avro bytes, and the offset before which it holds all records.
  struct Committed {
    std::string bytes;
    Offset included{};
  };
  /// A counted post: where, and its analysis record as bytes. A delete finds it here.
  struct Counted {
    std::size_t lane = 0;
    Offset offset{};
    std::string bytes;
  };
  std::vector<Offset> next_;  ///< of each partition of `analysis`
  std::map<AggregateKey, Committed> committed_;
  std::map<std::uint64_t, Counted> counted_;
  std::size_t repeats_ = 0;
};

}  // namespace hb
