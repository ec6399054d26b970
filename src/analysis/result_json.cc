#include "analysis/result_json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace hb {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void Key(Writer& json, std::string_view name) {
  json.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

void Text(Writer& json, std::string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void List(Writer& json, std::string_view name, const ListColumn::List& values) {
  Key(json, name);
  json.StartArray();
  for (const std::string_view value : values) Text(json, value);
  json.EndArray();
}

void Number(Writer& json, std::string_view name, double value) {
  Key(json, name);
  json.Double(value);
}

void WriteSentiment(Writer& json, const AnalysisBatch& batch, std::size_t row) {
  Key(json, "sentiment");
  json.StartObject();
  Number(json, "neg", FromMicro(batch.neg[row]));
  Number(json, "neu", FromMicro(batch.neu[row]));
  Number(json, "pos", FromMicro(batch.pos(row)));
  Key(json, "label");
  Text(json, LabelName(batch.label[row]));
  Key(json, "model");
  Text(json, batch.models[row].sentiment);
  json.EndObject();
  Number(json, "mixed", FromMicro(batch.mixed[row]));
  Key(json, "label4");
  Text(json, LabelName(batch.label4[row]));
}

void WriteVader(Writer& json, const VaderScore& score) {
  Key(json, "vader");
  json.StartObject();
  Number(json, "neg", score.neg);
  Number(json, "neu", score.neu);
  Number(json, "pos", score.pos);
  Number(json, "compound", score.compound);
  Key(json, "label");
  Text(json, VaderLabel(score.compound));
  json.EndObject();
}

void WriteEmotion(Writer& json, const EmotionScore& score) {
  Key(json, "emotion");
  json.StartObject();
  Key(json, "label");
  Text(json, EmotionName(score.label));
  for (std::size_t i = 0; i < kEmotions; ++i) {
    Number(json, EmotionName(static_cast<Emotion>(i)), FromMicro(score.emotions[i]));
  }
  json.EndObject();
}

void WriteTone(Writer& json, const EmotionScore& score) {
  Key(json, "tone");
  json.StartObject();
  Number(json, "irony", FromMicro(score.irony));
  Number(json, "offensive", FromMicro(score.offensive));
  Number(json, "hate", FromMicro(score.hate));
  json.EndObject();
}

void WriteStance(Writer& json, const StanceScore& score) {
  Key(json, "stance");
  json.StartObject();
  Number(json, "favour", FromMicro(score.favour));
  Number(json, "none", FromMicro(score.none));
  Number(json, "against", FromMicro(score.against));
  Key(json, "label");
  Text(json, score.Label());
  json.EndObject();
}

/// Places in code points, as in explanations.
void WriteNames(Writer& json, const std::vector<NamedEntity>& names, std::string_view text) {
  Key(json, "entities");
  json.StartArray();
  for (const NamedEntity& name : names) {
    json.StartObject();
    Key(json, "text");
    Text(json, name.Text(text));
    Key(json, "type");
    Text(json, name.TypeName());
    Key(json, "begin");
    json.Uint(name.begin_point);
    Key(json, "end");
    json.Uint(name.end_point);
    json.EndObject();
  }
  json.EndArray();
}

void WriteKeywords(Writer& json, const std::vector<Keyword>& keywords) {
  Key(json, "keywords");
  json.StartArray();
  for (const Keyword& keyword : keywords) {
    json.StartObject();
    Key(json, "text");
    Text(json, keyword.text);
    Number(json, "score", keyword.score);
    json.EndObject();
  }
  json.EndArray();
}

void WriteTopics(Writer& json, const std::vector<std::string>& names,
                 std::span<const TopicScore> topics) {
  json.StartArray();
  for (const TopicScore& topic : topics) {
    json.StartObject();
    Key(json, "name");
    Text(json, names[topic.topic]);
    Number(json, "score", FromMicro(topic.score));
    json.EndObject();
  }
  json.EndArray();
}

void WriteExplanation(Writer& json, const AnalysisChain::Explanation& explanation) {
  Key(json, "explain");
  json.StartObject();
  Key(json, "sentiment");
  json.StartArray();
  for (const auto& word : explanation.sentiment) {
    json.StartObject();
    Key(json, "text");
    Text(json, word.text);
    Key(json, "begin");
    json.Uint64(word.begin);
    Key(json, "end");
    json.Uint64(word.end);
    Number(json, "negative", word.negative);
    Number(json, "neutral", word.neutral);
    Number(json, "positive", word.positive);
    json.EndObject();
  }
  json.EndArray();
  Key(json, "polarity");
  json.StartArray();
  for (const auto& part : explanation.polarity) {
    json.StartObject();
    Key(json, "text");
    Text(json, part.text);
    Number(json, "polarity", part.polarity);
    Number(json, "subjectivity", part.subjectivity);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

}  // namespace

Result<ResultChoice> ResultChoice::Parse(std::string_view names) {
  ResultChoice choice{.sentiment = false,
                      .polarity = false,
                      .language = false,
                      .hashtags = false,
                      .emotion = false,
                      .tone = false,
                      .entities = false,
                      .keywords = false,
                      .topics = false};
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 1, names.size()));
    if (name == "sentiment" || name == "mixed") {
      choice.sentiment = true;
    } else if (name == "polarity" || name == "subjectivity") {
      choice.polarity = true;
    } else if (name == "language" || name == "lang") {
      choice.language = true;
    } else if (name == "hashtags") {
      choice.hashtags = true;
    } else if (name == "emotion") {
      choice.emotion = true;
    } else if (name == "tone") {
      choice.tone = true;
    } else if (name == "entities") {
      choice.entities = true;
    } else if (name == "keywords") {
      choice.keywords = true;
    } else if (name == "topics") {
      choice.topics = true;
    } else if (name == "vader") {
      choice.vader = true;
    } else {
      return Error{Code::kInvalidArgument,
                   "unknown analyzer '" + std::string(name) +
                       "'; there are sentiment, polarity, emotion, tone, language, hashtags, "
                       "entities, keywords, topics and vader"};
    }
  }
  return choice;
}

void AppendResultJson(const AnalysisChain& chain, const AnalysisBatch& batch, std::size_t row,
                      const ResultChoice& choice, bool explain, AnalysisChain::Scratch& scratch,
                      std::string& out) {
  const std::string_view text = batch.posts->content[row];
  rapidjson::StringBuffer buffer;
  Writer json(buffer);
  json.StartObject();
  if (choice.sentiment) WriteSentiment(json, batch, row);
  if (choice.polarity) {
    const PolarityScore score = chain.Polarity(text, scratch);
    Number(json, "polarity", score.polarity);
    Number(json, "subjectivity", score.subjectivity);
  }
  if (choice.vader) WriteVader(json, chain.Vader(text, scratch));
  if (choice.emotion || choice.tone) {
    const EmotionScore score = chain.EmotionOf(batch, row, scratch);
    if (choice.emotion) WriteEmotion(json, score);
    if (choice.tone) WriteTone(json, score);
  }
  if (choice.language) {
    Key(json, "lang");
    Text(json, batch.lang[row]);
  }
  if (choice.hashtags) {
    List(json, "hashtags", batch.hashtags[row]);
    List(json, "mentions", batch.mentions[row]);
    List(json, "cashtags", batch.cashtags[row]);
    List(json, "links", batch.links[row]);
    List(json, "emoji", batch.emoji[row]);
  }
  if (choice.entities) {
    std::vector<NamedEntity> names;
    chain.FindNames(batch, row, scratch, names);
    WriteNames(json, names, text);
  }
  if (choice.keywords) {
    std::vector<Keyword> keywords;
    chain.FindKeywords({&text, 1}, batch.lang[row], scratch, keywords);
    WriteKeywords(json, keywords);
  }
  if (const auto stance = chain.StanceOf(row, scratch)) WriteStance(json, *stance);
  if (choice.topics && chain.topics() != nullptr) {
    std::vector<TopicScore> topics;
    chain.FindTopics(row, scratch, topics);
    Key(json, "topics");
    WriteTopics(json, chain.topics()->names(), topics);
  }
  if (explain) WriteExplanation(json, chain.Explain(text, batch.lang[row]));
  json.EndObject();
  out.append(buffer.GetString(), buffer.GetSize());
}

void AppendTopicsJson(const std::vector<std::string>& names, std::span<const TopicScore> topics,
                      std::string& out) {
  rapidjson::StringBuffer buffer;
  Writer json(buffer);
  WriteTopics(json, names, topics);
  out.append(buffer.GetString(), buffer.GetSize());
}

}  // namespace hb
