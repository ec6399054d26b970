// `heartbeat topics-of`: lines of text in, the topics of each out.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "analysis/result_json.h"
#include "analysis/topics.h"
#include "app/commands.h"
#include "app/table_text.h"
#include "app/text_inputs.h"
#include "app/topic_sets.h"
#include "text/utf8.h"

namespace hb {

namespace {

constexpr std::size_t kBatchRows = 256;
constexpr std::size_t kTextWidth = 80;

struct TopicsOfOptions {
  std::vector<std::string> inputs;
  std::string topics = "tweettopic";
  bool all = false, table = false;
};

/// Writes each text's topics, batch by batch.
class Writer {
 public:
  Writer(const TopicModel& model, const TopicsOfOptions& options)
      : model_(model), options_(options) {}

  void Add(std::string_view line) {
    text_.clear();
    AppendRepairedUtf8(line, text_);
    if (options_.all) {
      model_.ScoreAll(text_, scratch_, topics_);
    } else {
      model_.Score(text_, scratch_, topics_);
    }
    if (options_.table) {
      rows_.push_back({Names(), text_});
    } else {
      out_ += "{\"topics\":";
      AppendTopicsJson(model_.names(), topics_, out_);
      out_ += "}\n";
    }
    if (++waiting_ >= kBatchRows) Flush();
  }

  void Flush() {
    // A table's columns are as wide as all its rows need.
    if (options_.table) return;
    std::fwrite(out_.data(), 1, out_.size(), stdout);
    std::fflush(stdout);
    out_.clear();
    waiting_ = 0;
  }

  void End() {
    Flush();
    if (options_.table)
      std::fputs(TableText({"topics", "text"}, rows_, {false, false}, kTextWidth).c_str(), stdout);
  }

 private:
  /// "sports 0.93, health 0.55"
  [[nodiscard]] std::string Names() const {
    std::string names;
    for (const TopicScore& topic : topics_) {
      char score[16];
      std::snprintf(score, sizeof score, " %.2f", FromMicro(topic.score));
      names += (names.empty() ? "" : ", ") + model_.names()[topic.topic] + score;
    }
    return names;
  }

  const TopicModel& model_;
  const TopicsOfOptions& options_;
  TopicModel::Scratch scratch_;
  std::vector<TopicScore> topics_;
  std::string text_, out_;
  std::vector<std::vector<std::string>> rows_;
  std::size_t waiting_ = 0;
};

Status TopicsOf(const TopicsOfOptions& options) {
  HB_ASSIGN(const auto model, LoadTopics(options.topics));
  if (!model) return Error{Code::kInvalidArgument, "--topics off leaves nothing to look for"};
  Writer writer(*model, options);
  HB_TRY(ReadTexts(options.inputs, "taken as a text",
                   {.add = [&](std::string_view line) { writer.Add(line); },
                    .flush = [&] { writer.Flush(); },
                    .done = [] { return false; }}));
  writer.End();
  return FinishOutput();
}

}  // namespace

void AddTopicsOfCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("topics-of",
                                     "say which topics each text is about: one JSON object a line");
  auto options = std::make_shared<TopicsOfOptions>();
  command->add_option("input", options->inputs, "texts, files of lines, or - for stdin")
      ->required();
  command->add_option("--topics", options->topics, "set of topics: " + std::string(kTopicSetsHelp))
      ->check(NotEmpty());
  command->add_flag("--all", options->all, "every topic with its score, in the order of the set");
  command->add_flag("--table", options->table, "a table for people instead of JSON");
  command->callback([options, &context] {
    if (const Status done = TopicsOf(*options); !done.ok()) context.exit_code = Fail(done.error());
  });
}

}  // namespace hb
