// `heartbeat topics-of`: lines of text in, the topics of each out.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "analysis/chain.h"
#include "analysis/result_json.h"
#include "analysis/topics.h"
#include "app/commands.h"
#include "app/table_text.h"
#include "app/text_inputs.h"
#include "app/topic_sets.h"
#include "app/transformer_folder.h"
#include "text/utf8.h"

namespace hb {

namespace {

constexpr std::size_t kBatchRows = 256;
constexpr std::size_t kTextWidth = 80;

struct TopicsOfOptions {
  std::vector<std::string> inputs;
  std::string topics = "tweettopic", tier = "fast", model;
  bool all = false, table = false;
};

/// Writes texts' topics, batch by batch.
class Writer {
 public:
  /// `chain`: null, or what reads the texts in place of the model alone.
  Writer(const TopicModel& model, const AnalysisChain* chain, const TopicsOfOptions& options)
      : model_(model), chain_(chain), options_(options) {
    if (chain_ != nullptr) chain_scratch_ = chain_->MakeScratch();
  }

  void Add(std::string_view line) {
    text_.clear();
    AppendRepairedUtf8(line, text_);
    PostView post;
    post.content = text_;
    posts_->Append(post);
    if (posts_->size() >= kBatchRows) Flush();
  }

  void Flush() {
    if (posts_->empty() || !status_.ok()) return;
    AnalysisBatch results;
    if (chain_ != nullptr) {
      AnalysisChain::Reading reading;
      chain_->Analyze(posts_, *chain_scratch_, reading, results);
      status_ = reading.status;
      if (!status_.ok()) return;
    }
    for (std::size_t row = 0; row < posts_->size(); ++row) {
      const std::string_view text = posts_->content[row];
      if (chain_ != nullptr) {
        chain_->FindTopics(row, *chain_scratch_, topics_);
      } else if (options_.all) {
        model_.ScoreAll(text, scratch_, topics_);
      } else {
        model_.Score(text, scratch_, topics_);
      }
      Write(text);
    }
    std::fwrite(out_.data(), 1, out_.size(), stdout);
    std::fflush(stdout);
    out_.clear();
    posts_ = std::make_shared<PostBatch>();
  }

  /// Why reading ended before its input.
  [[nodiscard]] const Status& status() const { return status_; }

  void End() {
    Flush();
    // A table's columns are as wide as all its rows need.
    if (options_.table)
      std::fputs(TableText({"topics", "text"}, rows_, {false, false}, kTextWidth).c_str(), stdout);
  }

 private:
  void Write(std::string_view text) {
    if (options_.table) {
      rows_.push_back({Names(), std::string(text)});
      return;
    }
    out_ += "{\"topics\":";
    AppendTopicsJson(model_.names(), topics_, out_);
    out_ += "}\n";
  }

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
  const AnalysisChain* chain_;
  const TopicsOfOptions& options_;
  Status status_ = Ok();
  std::unique_ptr<AnalysisChain::Scratch> chain_scratch_;
  std::shared_ptr<PostBatch> posts_ = std::make_shared<PostBatch>();
  TopicModel::Scratch scratch_;
  std::vector<TopicScore> topics_;
  std::string text_, out_;
  std::vector<std::vector<std::string>> rows_;
};

Status TopicsOf(const TopicsOfOptions& options) {
  HB_ASSIGN(const auto model, LoadTopics(options.topics));
  if (!model) return Error{Code::kInvalidArgument, "--topics off leaves nothing to look for"};
  AnalysisChain::Options wanted;
  HB_ASSIGN(wanted.tier, AnalysisChain::ParseTier(options.tier));
  std::unique_ptr<AnalysisChain> chain;
  if (wanted.tier != AnalysisChain::Tier::kFast) {
    if (options.all) return Error{Code::kInvalidArgument, "--all goes with the tier fast alone"};
    wanted.entities = wanted.emotion = wanted.fingerprint = false;
    wanted.model = TransformerFolder(options.model);
    wanted.topics = model;
    HB_ASSIGN(chain, AnalysisChain::Create(wanted));
  }
  Writer writer(*model, chain.get(), options);
  HB_TRY(ReadTexts(options.inputs, "taken as a text",
                   {.add = [&](std::string_view line) { writer.Add(line); },
                    .flush = [&] { writer.Flush(); },
                    .done = [&] { return !writer.status().ok(); }}));
  writer.End();
  HB_TRY(writer.status());
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
  command->add_option("--tier", options->tier, "fast, or by the transformer for English texts")
      ->check(CLI::IsMember({"fast", "accurate"}));
  command->add_option("--model", options->model, "tier accurate: folder of the transformer");
  command->add_flag("--all", options->all, "every topic with its score, in the order of the set");
  command->add_flag("--table", options->table, "a table for people instead of JSON");
  command->callback([options, &context] {
    if (const Status done = TopicsOf(*options); !done.ok()) context.exit_code = Fail(done.error());
  });
}

}  // namespace hb
