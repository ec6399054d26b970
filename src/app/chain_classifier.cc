#include "app/chain_classifier.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "analysis/accurate.h"
#include "analysis/mixed.h"
#include "analysis/topics.h"
#include "model/embedded.h"
#include "model/tasks.h"

namespace hb {

namespace {

constexpr std::size_t kBatchRows = 512;

/// Appends the labels' shares of one row of a batch.
using RowReader = std::function<void(const AnalysisBatch& batch, std::size_t row,
                                     std::span<const std::string> labels, std::vector<Micro>& out)>;

void ReadSentiment(const AnalysisBatch& batch, std::size_t row, std::span<const std::string> labels,
                   std::vector<Micro>& out) {
  // A lexicon has rules of its own for the label, which is then not that of the largest share.
  const Label label_of_row = batch.label[row];
  const bool by_rule = LargestOf(batch.neg[row], batch.neu[row], batch.pos(row)) != label_of_row;
  for (const std::string& label : labels) {
    if (by_rule) {
      out.push_back(LabelName(label_of_row) == label ? kMicro : 0);
      continue;
    }
    out.push_back(label == "negative"  ? batch.neg[row]
                  : label == "neutral" ? batch.neu[row]
                                       : batch.pos(row));
  }
}

Result<RowReader> ReaderOf(const std::string& task, const AnalysisChain& chain,
                           AnalysisChain::Scratch& scratch) {
  if (task == "sentiment") return RowReader(ReadSentiment);
  const auto of = [&](auto read) {
    return RowReader([&chain, &scratch, read](const AnalysisBatch& batch, std::size_t row,
                                              std::span<const std::string> labels,
                                              std::vector<Micro>& out) {
      read(chain.EmotionOf(batch, row, scratch), labels, out);
    });
  };
  using Labels = std::span<const std::string>;
  if (task == "emotion") {
    return of([](const EmotionScore& score, Labels labels, std::vector<Micro>& out) {
      for (const std::string& label : labels) {
        for (std::size_t e = 0; e < kEmotions; ++e) {
          if (EmotionName(static_cast<Emotion>(e)) == label) out.push_back(score.emotions[e]);
        }
      }
    });
  }
  if (task == "topics") {
    return RowReader([&chain, &scratch](const AnalysisBatch&, std::size_t row, Labels labels,
                                        std::vector<Micro>& out) {
      std::vector<TopicScore> found;
      chain.FindTopics(row, scratch, found);
      out.resize(out.size() + labels.size());
      const auto scores = std::span(out).last(labels.size());
      for (const TopicScore& topic : found) scores[topic.topic] = topic.score;
    });
  }
  Micro EmotionScore::*second = task == "irony"       ? &EmotionScore::irony
                                : task == "offensive" ? &EmotionScore::offensive
                                : task == "hate"      ? &EmotionScore::hate
                                                      : nullptr;
  if (second == nullptr) {
    return Error{Code::kInvalidArgument,
                 "no tier answers the task " + task +
                     "; there are sentiment, emotion, irony, offensive, hate, topics, entities"};
  }
  return of([second](const EmotionScore& score, Labels, std::vector<Micro>& out) {
    out.push_back(kMicro - score.*second);
    out.push_back(score.*second);
  });
}

/// The chain as a classifier of texts.
Result<model::Classifier> ClassifierOf(const std::string& task,
                                       const AnalysisChain::Options& options, double share) {
  HB_ASSIGN(std::shared_ptr<const AnalysisChain> chain, AnalysisChain::Create(options));
  const std::shared_ptr<AnalysisChain::Scratch> scratch = chain->MakeScratch();
  HB_ASSIGN(const RowReader read, ReaderOf(task, *chain, *scratch));
  model::Classifier classifier;
  for (const AnalysisChain::Model& model : chain->models()) {
    // The transformer comes first; only a cascade asks both.
    if (model.task != task) continue;
    classifier.name += (classifier.name.empty() ? "" : " and ") + model.name;
    if (options.sentiment || options.tier != AnalysisChain::Tier::kCascade) break;
  }
  classifier.classify = [chain, scratch, read, share](std::span<const std::string_view> texts,
                                                      std::span<const std::string> labels,
                                                      std::vector<Micro>& out) -> Status {
    out.clear();
    for (std::size_t begin = 0; begin < texts.size(); begin += kBatchRows) {
      const auto posts = std::make_shared<PostBatch>();
      for (const std::string_view text :
           texts.subspan(begin, std::min(kBatchRows, texts.size() - begin))) {
        PostView post;
        post.content = text;
        posts->Append(post);
      }
      AnalysisBatch results;
      AnalysisChain::Reading reading{
          .most = static_cast<std::size_t>(std::ceil(share * static_cast<double>(posts->size())))};
      chain->Analyze(posts, *scratch, reading, results);
      HB_TRY(reading.status);
      HB_TRY(reading.sentiment);
      for (std::size_t row = 0; row < results.size(); ++row) read(results, row, labels, out);
    }
    return Ok();
  };
  return classifier;
}

/// What the transformer in `folder` says of names, as the tier accurate takes it.
Result<model::EntityEvidence> AccurateEntities(const std::string& folder) {
  HB_ASSIGN(std::shared_ptr<const AccurateModel> transformer,
            AccurateModel::Load(folder, {.names = true}));
  if (!transformer->has_names())
    return Error{Code::kInvalidArgument, folder + ": config.json has no \"tagger\""};
  HB_ASSIGN(const std::shared_ptr<AccurateModel::Scratch> scratch, transformer->MakeScratch());
  const auto judge = [transformer, scratch](
                         std::span<const model::TaggedPost> posts, model::EntityView view,
                         std::vector<std::vector<model::StateScores>>& out) -> Status {
    out.assign(posts.size(), {});
    TextWalk walk;
    NamedEntityTagger::Scratch names;
    for (std::size_t begin = 0; begin < posts.size(); begin += kBatchRows) {
      const auto part = posts.subspan(begin, std::min(kBatchRows, posts.size() - begin));
      std::vector<std::string_view> texts;
      std::vector<std::vector<std::string_view>> words(part.size());
      for (std::size_t i = 0; i < part.size(); ++i) {
        texts.push_back(part[i].text);
        WalkText(part[i].text, walk);
        NamedEntityTagger::Words(walk, names, words[i]);
      }
      HB_TRY(transformer->Score(texts, words, *scratch));
      for (std::size_t i = 0; i < part.size(); ++i)
        transformer->Evidence(*scratch, i, view, out[begin + i]);
    }
    return Ok();
  };
  return model::EntityEvidence{.name = transformer->name(), .judge = judge};
}

}  // namespace

Status JudgeByChain(const AnalysisChain::Options& chain, double share,
                    model::EvalOptions& options) {
  if (options.task == model::kEntitiesTask) {
    if (chain.tier == AnalysisChain::Tier::kFast) return Ok();
    HB_ASSIGN(options.beside, AccurateEntities(chain.model));
    return Ok();
  }
  AnalysisChain::Options only = chain;
  only.entities = false;
  if (options.task == "topics") only.topics = TopicModel::Trained(model::EmbeddedTopics());
  HB_ASSIGN(options.classifier, ClassifierOf(options.task, only, share));
  return Ok();
}

}  // namespace hb
