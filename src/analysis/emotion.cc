#include "analysis/emotion.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "model/embedded.h"
#include "model/model_file.h"

namespace hb {
namespace {

std::vector<std::string> LabelsOf(std::size_t head) {
  switch (static_cast<EmotionAnalyzer::Head>(head)) {
    case EmotionAnalyzer::Head::kEmotion: break;
    case EmotionAnalyzer::Head::kIrony: return {"non_irony", "irony"};
    case EmotionAnalyzer::Head::kOffensive: return {"not-offensive", "offensive"};
    case EmotionAnalyzer::Head::kHate: return {"not-hate", "hate"};
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kEmotions; ++i)
    names.emplace_back(EmotionName(static_cast<Emotion>(i)));
  return names;
}

const model::LinearModel& Embedded(std::size_t head) {
  switch (static_cast<EmotionAnalyzer::Head>(head)) {
    case EmotionAnalyzer::Head::kEmotion: break;
    case EmotionAnalyzer::Head::kIrony: return model::EmbeddedIrony();
    case EmotionAnalyzer::Head::kOffensive: return model::EmbeddedOffensive();
    case EmotionAnalyzer::Head::kHate: return model::EmbeddedHate();
  }
  return model::EmbeddedEmotion();
}

/// The program's own models, merged once.
const model::LinearBundle& EmbeddedBundle() {
  static const model::LinearBundle bundle = [] {
    std::vector<const model::LinearModel*> heads;
    for (std::size_t i = 0; i < EmotionAnalyzer::kHeads; ++i) heads.push_back(&Embedded(i));
    auto made = model::LinearBundle::Make(std::move(heads));
    if (!made.ok()) {  // A broken build: there is nobody to give an error to.
      std::fprintf(stderr, "embedded models: %s\n", made.error().message.c_str());
      std::abort();
    }
    return std::move(made).value();
  }();
  return bundle;
}

}  // namespace

struct EmotionAnalyzer::Own {
  std::array<std::optional<model::LinearModel>, kHeads> models;
  std::optional<model::LinearBundle> bundle;
};

EmotionAnalyzer::EmotionAnalyzer() : EmotionAnalyzer(EmbeddedBundle(), nullptr) {}

EmotionAnalyzer::EmotionAnalyzer(const model::LinearBundle& bundle, std::shared_ptr<const Own> own)
    : own_(std::move(own)), bundle_(&bundle) {
  for (std::size_t i = 0; i < kHeads; ++i) {
    const model::LinearModel& head = bundle_->head(i);
    names_[i] = std::string(head.name()) + "/" + std::string(head.version());
  }
}

Result<EmotionAnalyzer> EmotionAnalyzer::FromFiles(const std::array<std::string, kHeads>& paths) {
  const auto own = std::make_shared<Own>();
  std::vector<const model::LinearModel*> heads;
  for (std::size_t i = 0; i < kHeads; ++i) {
    if (paths[i].empty()) {
      heads.push_back(&Embedded(i));
      continue;
    }
    HB_ASSIGN(model::LinearModel loaded, model::LoadLinearModel(paths[i]));
    if (loaded.labels() != LabelsOf(i)) {
      return Error{Code::kInvalidArgument,
                   paths[i] + ": has other labels than " + std::string(Embedded(i).name())};
    }
    own->models[i].emplace(std::move(loaded));
    heads.push_back(&*own->models[i]);
  }
  HB_ASSIGN(model::LinearBundle bundle, model::LinearBundle::Make(std::move(heads)));
  own->bundle.emplace(std::move(bundle));
  return EmotionAnalyzer(*own->bundle, own);
}

EmotionScore EmotionAnalyzer::Score(const model::Walk& walk, Scratch& scratch) const {
  bundle_->Score(walk, scratch);
  EmotionScore out;
  std::array<std::int64_t, kEmotions> logits{};
  bundle_->Logits(scratch, static_cast<std::size_t>(Head::kEmotion), logits.data());
  model::SoftmaxMicro(logits, out.emotions);
  out.label = static_cast<Emotion>(std::max_element(out.emotions.begin(), out.emotions.end()) -
                                   out.emotions.begin());
  const auto probability = [&](Head head) {
    std::array<std::int64_t, 2> two{};
    std::array<Micro, 2> scores{};
    bundle_->Logits(scratch, static_cast<std::size_t>(head), two.data());
    model::SoftmaxMicro(two, scores);
    return scores[1];
  };
  out.irony = probability(Head::kIrony);
  out.offensive = probability(Head::kOffensive);
  out.hate = probability(Head::kHate);
  return out;
}

EmotionScore EmotionAnalyzer::Score(std::string_view text, Scratch& scratch) const {
  return Score(scratch.WalkOf(text), scratch);
}

const std::vector<std::string>& EmotionAnalyzer::labels(Head head) const {
  return bundle_->head(static_cast<std::size_t>(head)).labels();
}

std::vector<WordWeight> EmotionAnalyzer::Explain(Head head, std::string_view text,
                                                 std::size_t limit) const {
  model::LinearScratch scratch;
  return HeaviestWords(model::LinearScorer(bundle_->head(static_cast<std::size_t>(head))), text,
                       scratch, limit);
}

}  // namespace hb
