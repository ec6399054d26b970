#include "record/analysis_batch.h"

namespace hb {

std::string_view LabelName(Label label) noexcept {
  switch (label) {
    case Label::kNegative: return "negative";
    case Label::kNeutral: return "neutral";
    case Label::kPositive: return "positive";
    case Label::kMixed: return "mixed";
  }
  return "neutral";
}

std::string_view EmotionName(Emotion emotion) noexcept {
  switch (emotion) {
    case Emotion::kAnger: return "anger";
    case Emotion::kJoy: return "joy";
    case Emotion::kOptimism: return "optimism";
    case Emotion::kSadness: return "sadness";
    case Emotion::kNone: return "none";
  }
  return "none";
}

bool AnalysisBatch::SetSentimentModel(std::size_t row, std::string_view model) {
  std::size_t by = 0;
  if (model != sentiment_model) {
    while (by < other_sentiment_models.size() && other_sentiment_models[by] != model) ++by;
    if (by == other_sentiment_models.size()) {
      if (by + 1 == kMaxSentimentModels) return false;
      other_sentiment_models.emplace_back(model);
    }
    ++by;
  }
  if (by == 0 && row >= sentiment_by.size()) return true;
  if (row >= sentiment_by.size()) sentiment_by.resize(row + 1);
  sentiment_by[row] = static_cast<std::uint8_t>(by);
  return true;
}

void AnalysisBatch::Truncate(std::size_t rows) {
  // A column that was not computed may be shorter, and stays so.
  for (std::vector<Micro>* column : {&neg, &neu, &mixed, &polarity, &subjectivity}) {
    if (column->size() > rows) column->resize(rows);
  }
  for (std::vector<Label>* column : {&label, &label4}) {
    if (column->size() > rows) column->resize(rows);
  }
  for (StringColumn* column : {&lang, &clean}) {
    if (column->size() > rows) column->Truncate(rows);
  }
  for (ListColumn* column : {&hashtags, &mentions, &cashtags, &links, &emoji, &words, &names}) {
    if (column->size() >= rows) column->Truncate(rows);  // also drops values of an unfinished row
  }
  for (std::vector<Micro>& column : emotions) {
    if (column.size() > rows) column.resize(rows);
  }
  if (emotion.size() > rows) emotion.resize(rows);
  if (sentiment_by.size() > rows) sentiment_by.resize(rows);
  if (name_spans.size() > names.values()) name_spans.resize(names.values());
}

void AnalysisBatch::Clear() {
  Truncate(0);
  posts.reset();
  sentiment_model.clear();
  polarity_model.clear();
  language_model.clear();
  emotion_model.clear();
  names_model.clear();
  other_sentiment_models.clear();
}

std::size_t AnalysisBatch::memory() const {
  std::size_t total = lang.memory() + clean.memory();
  for (const ListColumn* column :
       {&hashtags, &mentions, &cashtags, &links, &emoji, &words, &names}) {
    total += column->memory();
  }
  for (const std::vector<Micro>* column : {&neg, &neu, &mixed, &polarity, &subjectivity}) {
    total += column->capacity() * sizeof(Micro);
  }
  for (const std::vector<Micro>& column : emotions) total += column.capacity() * sizeof(Micro);
  total += sentiment_by.capacity() + emotion.capacity() * sizeof(Emotion) +
           name_spans.capacity() * sizeof(NameSpan);
  return total + (label.capacity() + label4.capacity()) * sizeof(Label);
}

}  // namespace hb
