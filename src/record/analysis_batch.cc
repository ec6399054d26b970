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
  for (ListColumn* column :
       {&hashtags, &mentions, &cashtags, &links, &emoji, &words, &names, &topics}) {
    if (column->size() >= rows) column->Truncate(rows);  // also drops values of an unfinished row
  }
  for (std::vector<Micro>& column : emotions) {
    if (column.size() > rows) column.resize(rows);
  }
  if (emotion.size() > rows) emotion.resize(rows);
  if (name_spans.size() > names.values()) name_spans.resize(names.values());
  if (fingerprint.size() > rows) fingerprint.resize(rows);
  models.Truncate(rows);
}

void AnalysisBatch::Clear() {
  Truncate(0);
  posts.reset();
  models.Clear();
}

std::size_t AnalysisBatch::memory() const {
  std::size_t total = lang.memory() + clean.memory();
  for (const ListColumn* column :
       {&hashtags, &mentions, &cashtags, &links, &emoji, &words, &names, &topics}) {
    total += column->memory();
  }
  for (const std::vector<Micro>* column : {&neg, &neu, &mixed, &polarity, &subjectivity}) {
    total += column->capacity() * sizeof(Micro);
  }
  for (const std::vector<Micro>& column : emotions) total += column.capacity() * sizeof(Micro);
  total += emotion.capacity() * sizeof(Emotion) + name_spans.capacity() * sizeof(NameSpan);
  total += fingerprint.capacity() * sizeof(std::uint64_t) + models.memory();
  return total + (label.capacity() + label4.capacity()) * sizeof(Label);
}

}  // namespace hb
