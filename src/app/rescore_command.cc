// `heartbeat rescore`: the models in force now over the posts of the log.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/period.h"
#include "app/runtime.h"
#include "model/drift.h"
#include "pipeline/rescore.h"

namespace hb {

namespace {

struct RescoreFlags {
  std::string from, to, task;
  bool dry_run = false, json = false;
};

/// What the results before and now say of the same posts.
class Comparison {
 public:
  void Add(const AnalysisBatch& before, const AnalysisBatch& now) {
    for (std::size_t row = 0; row < now.size(); ++row) {
      sentiment_.CountBoth(LabelName(before.label[row]), LabelName(now.label[row]));
      label4_.CountBoth(LabelName(before.label4[row]), LabelName(now.label4[row]));
      language_.CountBoth(before.lang[row], now.lang[row]);
      model_.CountBoth(before.models[row].sentiment, now.models[row].sentiment);
      if (row < before.emotion.size() && row < now.emotion.size())
        emotion_.CountBoth(EmotionName(before.emotion[row]), EmotionName(now.emotion[row]));
      if (row < before.topics.size() && row < now.topics.size())
        topic_.CountBoth(First(before.topics[row]), First(now.topics[row]));
    }
  }
  [[nodiscard]] std::vector<model::Drift> Drifts() const {
    std::vector<model::Drift> out;
    for (const model::Drift* drift :
         {&sentiment_, &label4_, &emotion_, &topic_, &language_, &model_}) {
      if (drift->total_a() > 0) out.push_back(*drift);
    }
    return out;
  }

 private:
  /// The likeliest topic of a post.
  static std::string_view First(const ListColumn::List& topics) {
    for (const std::string_view topic : topics) return topic;
    return "none";
  }

  model::Drift sentiment_{"sentiment"}, label4_{"four-way sentiment"}, emotion_{"emotion"},
      topic_{"first topic"}, language_{"language"}, model_{"sentiment model"};
};

Result<std::unique_ptr<Runtime>> OpenAlone(const Config& config) {
  if (config.log.kind == "kafka") {
    return Error{Code::kInvalidArgument,
                 "rescore goes over an embedded log; on Kafka a second application judges posts "
                 "again, with topics of its own: docs/kafka.md, \"Judge posts again\""};
  }
  auto runtime = Runtime::Open(config);
  if (!runtime.ok() && runtime.error().code == Code::kUnavailable) {
    return Error{Code::kUnavailable, "rescore needs the data folder for itself, stop `up` first: " +
                                         runtime.error().message};
  }
  return runtime;
}

void Print(const RescoreFlags& flags, const RescoreCounts& counts, const Comparison& comparison) {
  if (flags.json) {
    PrintDrifts(comparison.Drifts(), "before", "now", true,
                "\"read\":" + std::to_string(counts.read) +
                    ",\"judged\":" + std::to_string(counts.judged) +
                    ",\"changed\":" + std::to_string(counts.changed) +
                    ",\"resumed\":" + std::to_string(counts.resumed) +
                    ",\"written\":" + (flags.dry_run ? "false," : "true,"));
    return;
  }
  if (counts.resumed > 0) {
    std::printf("went on where an earlier run ended, behind %llu posts\n",
                static_cast<unsigned long long>(counts.resumed));
  }
  std::printf("%llu posts judged again, %llu with another result%s\n",
              static_cast<unsigned long long>(counts.judged),
              static_cast<unsigned long long>(counts.changed),
              flags.dry_run ? "; nothing was written" : "");
  PrintDrifts(comparison.Drifts(), "before", "now", false, "");
}

Status Run(const RescoreFlags& flags, const CommandContext& context) {
  RescoreOptions options{.from = {}, .to = {}, .task = flags.task, .dry_run = flags.dry_run};
  if (!flags.from.empty()) {
    HB_ASSIGN(options.from, ParseMoment(flags.from));
  }
  if (!flags.to.empty()) {
    HB_ASSIGN(options.to, ParseMoment(flags.to));
  }
  HB_ASSIGN(Config config, LoadConfig(context.config_path));
  if (!context.data_dir.empty()) config.data_dir = context.data_dir;
  Comparison comparison;
  RescoreCounts counts;
  if (!options.dry_run) {
    // What waits in the log, of an earlier rescore too, comes first: a post that the store does not
    // have yet could not get a newer result.
    HB_ASSIGN(const auto runtime, OpenAlone(config));
    HB_TRY(runtime->Drain());
  }
  HB_ASSIGN(const auto runtime, OpenAlone(config));
  HB_ASSIGN(counts, Rescore(runtime->log(), runtime->chain(), options,
                            [&](const AnalysisBatch& before, const AnalysisBatch& now) {
                              comparison.Add(before, now);
                            }));
  if (!options.dry_run) HB_TRY(runtime->Drain());
  Print(flags, counts, comparison);
  return FinishOutput();
}

}  // namespace

void AddRescoreCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand(
      "rescore", "judge the posts of the log again, with the models in force now");
  auto flags = std::make_shared<RescoreFlags>();
  command->add_option("--from", flags->from, "only posts from this time on: 2024-05-01T12:00Z");
  command->add_option("--to", flags->to, "only posts before this time");
  command->add_option("--task", flags->task, "only posts that matched this task");
  command->add_flag("--dry-run", flags->dry_run, "say what would change, and write nothing");
  command->add_flag("--json", flags->json, "the report as JSON");
  command->callback([flags, &context] {
    if (const Status done = Run(*flags, context); !done.ok())
      context.exit_code = Fail(done.error());
  });
}

}  // namespace hb
