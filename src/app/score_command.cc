// `heartbeat score`: lines of text in, one JSON object a line out.
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "analysis/chain.h"
#include "analysis/result_json.h"
#include "app/commands.h"
#include "app/sentiment_choice.h"
#include "app/text_inputs.h"
#include "app/topic_sets.h"
#include "app/transformer_folder.h"
#include "text/utf8.h"

namespace hb {

namespace {

constexpr std::size_t kBatchRows = 256;

struct ScoreOptions {
  std::vector<std::string> inputs;
  std::string only, tier = "fast", model, topics = "tweettopic", toward;
  std::string sentiment, words, config_path;
  double share = 1;
  bool explain = false;
};

/// Scores lines in batches; each batch is written and flushed whole.
class Scorer {
 public:
  Scorer(const AnalysisChain& chain, const ResultChoice& choice, const ScoreOptions& options)
      : chain_(chain), choice_(choice), options_(options), scratch_(chain.MakeScratch()) {}

  void Add(std::string_view line) {
    std::string text;
    AppendRepairedUtf8(line, text);
    PostView post;
    post.content = text;
    posts_->Append(post);
    if (posts_->size() >= kBatchRows) Flush();
  }

  void Flush() {
    if (posts_->empty() || !status_.ok()) return;
    AnalysisBatch results;
    AnalysisChain::Reading reading{.most = static_cast<std::size_t>(std::ceil(
                                       options_.share * static_cast<double>(posts_->size())))};
    chain_.Analyze(posts_, *scratch_, reading, results);
    status_ = reading.status;
    if (status_.ok() && !options_.toward.empty())
      status_ = chain_.ReadToward(results, options_.toward, *scratch_);
    if (!status_.ok()) return;
    if (!reading.sentiment.ok() && !warned_) {
      warned_ = true;  // The rows say who judged them in its place.
      std::fprintf(stderr, "heartbeat: %s\n", reading.sentiment.error().message.c_str());
    }
    std::string out;
    for (std::size_t row = 0; row < results.size(); ++row) {
      AppendResultJson(chain_, results, row, choice_, options_.explain, *scratch_, out);
      out.push_back('\n');
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
    posts_ = std::make_shared<PostBatch>();
  }

  /// Why scoring ended before its input.
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  const AnalysisChain& chain_;
  const ResultChoice choice_;
  const ScoreOptions& options_;
  Status status_ = Ok();
  bool warned_ = false;
  std::unique_ptr<AnalysisChain::Scratch> scratch_;
  std::shared_ptr<PostBatch> posts_ = std::make_shared<PostBatch>();
};

Status Score(const ScoreOptions& options) {
  ResultChoice choice;
  if (!options.only.empty()) {
    HB_ASSIGN(choice, ResultChoice::Parse(options.only));
  }
  AnalysisChain::Options models;
  HB_ASSIGN(models.tier, AnalysisChain::ParseTier(options.tier));
  // Who names a transformer wants to see what it says.
  if (!options.model.empty() && models.tier == AnalysisChain::Tier::kFast)
    models.tier = AnalysisChain::Tier::kAccurate;
  // Names and emotions are looked for when a line is written, where they are wanted; but the
  // transformer reads for names while it reads.
  models.entities = choice.entities && models.tier != AnalysisChain::Tier::kFast;
  models.emotion = models.fingerprint = false;
  models.stance = !options.toward.empty();
  models.model = TransformerFolder(options.model);
  if (choice.topics) {
    HB_ASSIGN(models.topics, LoadTopics(options.topics));
  }
  HB_ASSIGN(models.sentiment, MakeSentiment(options.sentiment, options.words, options.config_path));
  HB_ASSIGN(const auto chain, AnalysisChain::Create(models));
  Scorer scorer(*chain, choice, options);
  HB_TRY(ReadTexts(options.inputs, "scored as a text",
                   {.add = [&](std::string_view line) { scorer.Add(line); },
                    .flush = [&] { scorer.Flush(); },
                    .done = [&] { return !scorer.status().ok(); }}));
  HB_TRY(scorer.status());
  return FinishOutput();
}

}  // namespace

void AddScoreCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("score", "say what each text says: one JSON object a line");
  auto options = std::make_shared<ScoreOptions>();
  command->add_option("input", options->inputs, "texts, files of lines, or - for stdin")
      ->required();
  command->add_option("--only", options->only,
                      "of sentiment,polarity,emotion,tone,language,hashtags,entities,keywords,"
                      "topics,vader, those wanted");
  command->add_option("--tier", options->tier, "which models say what a text feels like")
      ->check(CLI::IsMember({"fast", "accurate", "cascade"}));
  command
      ->add_option("--share", options->share,
                   "cascade: the transformer reads at most this share of the texts")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--model", options->model,
                      "folder of a transformer: model.onnx, config.json and a tokenizer");
  command->add_option("--topics", options->topics, "set of topics: " + std::string(kTopicSetsHelp));
  command
      ->add_option("--toward", options->toward,
                   "how each text stands to this target, a word or a sentence: favour, none or "
                   "against; read by the transformer in every tier")
      ->check(NotEmpty());
  command->add_option("--sentiment", options->sentiment, "who judges sentiment (default model)")
      ->check(CLI::IsMember(SentimentNames()));
  command->add_option("--words", options->words,
                      "your own words for vader and textblob: a file of WORD<TAB>VALENCE");
  command->add_flag("--explain", options->explain, "with the words that weigh most");
  command->callback([options, &context] {
    options->config_path = context.config_path;
    if (const Status scored = Score(*options); !scored.ok())
      context.exit_code = Fail(scored.error());
  });
}

}  // namespace hb
