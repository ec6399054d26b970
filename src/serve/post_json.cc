#include "serve/post_json.h"

#include <algorithm>
#include <string>

#include "serve/params.h"

namespace hb {

namespace {

void Optional(JsonWriter& json, std::string_view name, std::string_view value) {
  if (!value.empty()) json.Member(name, value);
}

template <typename List>
void Texts(JsonWriter& json, std::string_view name, const List& list) {
  json.Key(name).OpenList();
  for (std::size_t i = 0; i < list.size(); ++i) json.Text(list[i]);
  json.CloseList();
}

/// A 64-bit key as text: JavaScript's numbers would round it. Signed, as Kafka's LongSerializer and
/// the store have it.
std::string KeyText(std::uint64_t key) { return std::to_string(static_cast<std::int64_t>(key)); }

void Model(JsonWriter& json, std::string_view name, std::string_view model) {
  if (!model.empty() && model != "-") json.Member(name, model);
}

}  // namespace

void WritePostJson(const AnalysisBatch& batch, std::size_t row, JsonWriter& json) {
  const PostBatch& posts = *batch.posts;
  json.Open();
  json.Member("id", posts.id[row]).Member("key", KeyText(ToInt(posts.key[row])));
  json.Member("time", IsoTime(posts.time[row])).Member("source", posts.source[row]);
  const bool matched = row < posts.tasks.size();
  json.Member("task",
              matched && !posts.tasks[row].empty() ? posts.tasks[row][0] : std::string_view());
  json.Key("tasks").OpenList();
  if (matched) {
    for (const std::string_view task : posts.tasks[row]) json.Text(task);
  }
  json.CloseList();
  json.Member("lang", batch.lang[row]).Member("content", posts.content[row]);
  Optional(json, "author", posts.author[row]);
  Optional(json, "handle", posts.handle[row]);
  Optional(json, "country", posts.country[row]);
  json.Member("kind", PostKindName(posts.kind[row]));
  Texts(json, "hashtags", batch.hashtags[row]);
  Texts(json, "mentions", batch.mentions[row]);
  // The source's addresses are expanded; those found in the text may be shortened.
  const bool expanded = row < posts.urls.size() && !posts.urls[row].empty();
  Texts(json, "urls", expanded ? posts.urls[row] : batch.links[row]);
  json.Key("neg").Number(FromMicro(batch.neg[row])).Key("neu").Number(FromMicro(batch.neu[row]));
  json.Key("pos")
      .Number(FromMicro(batch.pos(row)))
      .Key("mixed")
      .Number(FromMicro(batch.mixed[row]));
  json.Member("label", LabelName(batch.label[row])).Member("label4", LabelName(batch.label4[row]));
  json.Key("polarity").Number(FromMicro(batch.polarity[row]));
  json.Key("subjectivity").Number(FromMicro(batch.subjectivity[row]));
  const ModelNames models = batch.models[row];
  if (!models.emotion.empty()) {
    json.Member("emotion", EmotionName(batch.emotion[row])).Key("emotions").Open();
    for (std::size_t i = 0; i < kFeltEmotions; ++i) {
      json.Key(EmotionName(static_cast<Emotion>(i))).Number(FromMicro(batch.emotions[i][row]));
    }
    json.Close();
  }
  if (row < batch.names.size()) Texts(json, "entities", batch.names[row]);
  if (!models.topics.empty()) Texts(json, "topics", batch.topics[row]);
  json.Key("models").Open();
  Model(json, "sentiment", models.sentiment);
  Model(json, "polarity", models.polarity);
  Model(json, "language", models.language);
  Model(json, "emotion", models.emotion);
  Model(json, "entities", models.entities);
  Model(json, "topics", models.topics);
  json.Close().Close();
}

const std::string_view kPostColumns =
    "id, key, epoch_ms(time), source, task, tasks, lang, content, author, handle, country, kind, hashtags, mentions, "
    "urls, neg, neu, pos, mixed, label, label4, polarity, subjectivity, models, "
    "emotion, anger, joy, optimism, sadness, entities, topics";

void WritePostRow(const Row& row, JsonWriter& json) {
  json.Open();
  json.Member("id", TextAt(row, 0)).Member("key", std::to_string(IntAt(row, kPostKeyColumn)));
  json.Key("time");
  WriteMillis(row, kPostTimeColumn, json);
  json.Member("source", TextAt(row, 3)).Member("task", TextAt(row, 4)).Key("tasks");
  WriteList(row, 5, json);
  json.Member("lang", TextAt(row, 6)).Member("content", TextAt(row, 7));
  Optional(json, "author", TextAt(row, 8));
  Optional(json, "handle", TextAt(row, 9));
  Optional(json, "country", TextAt(row, 10));
  json.Member("kind", TextAt(row, 11));
  constexpr std::string_view kLists[] = {"hashtags", "mentions", "urls"};
  for (std::size_t i = 0; i < 3; ++i) {
    json.Key(kLists[i]);
    WriteList(row, 12 + i, json);
  }
  constexpr std::string_view kScores[] = {"neg", "neu", "pos", "mixed"};
  for (std::size_t i = 0; i < 4; ++i) json.Key(kScores[i]).Number(NumberAt(row, 15 + i));
  json.Member("label", TextAt(row, 19)).Member("label4", TextAt(row, 20));
  json.Key("polarity").Number(NumberAt(row, 21)).Key("subjectivity").Number(NumberAt(row, 22));
  if (!IsNull(row, 24)) {
    json.Member("emotion", TextAt(row, 24)).Key("emotions").Open();
    for (std::size_t i = 0; i < kFeltEmotions; ++i) {
      json.Key(EmotionName(static_cast<Emotion>(i))).Number(NumberAt(row, 25 + i));
    }
    json.Close();
  }
  json.Key("entities");
  WriteList(row, 29, json);
  if (!IsNull(row, 30)) {
    json.Key("topics");
    WriteList(row, 30, json);
  }
  // "sentiment-fast/1 pattern/1 language-fast/1 - entities-fast/1 topics-fast/1"
  json.Key("models").Open();
  std::string_view models = TextAt(row, 23);
  for (const std::string_view name :
       {"sentiment", "polarity", "language", "emotion", "entities", "topics"}) {
    const std::size_t blank = std::min(models.find(' '), models.size());
    Model(json, name, models.substr(0, blank));
    models.remove_prefix(std::min(blank + 1, models.size()));
  }
  json.Close().Close();
}

}  // namespace hb
