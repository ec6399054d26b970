#include "serve/es_index.h"

#include <array>

namespace hb::es {

namespace {

using enum FieldType;

constexpr std::array kPosts = {Field{"id", "id", kKeyword},
                               Field{"key", "key", kLong},
                               Field{"source", "source", kKeyword},
                               Field{"time", "time", kDate},
                               Field{"task", "task", kKeyword},
                               Field{"tasks", "tasks", kList},
                               Field{"lang", "lang", kKeyword},
                               Field{"content", "content", kWords},
                               Field{"word", "word", kWords},
                               Field{"author", "author", kKeyword},
                               Field{"handle", "handle", kKeyword},
                               Field{"country", "country", kKeyword},
                               Field{"kind", "kind::VARCHAR", kKeyword},
                               Field{"neg", "neg::DOUBLE", kDouble},
                               Field{"neu", "neu::DOUBLE", kDouble},
                               Field{"pos", "pos::DOUBLE", kDouble},
                               Field{"mixed", "mixed::DOUBLE", kDouble},
                               Field{"label", "label::VARCHAR", kKeyword},
                               Field{"label4", "label4::VARCHAR", kKeyword},
                               Field{"polarity", "polarity::DOUBLE", kDouble},
                               Field{"subjectivity", "subjectivity::DOUBLE", kDouble},
                               Field{"emotion", "emotion::VARCHAR", kKeyword},
                               Field{"anger", "anger::DOUBLE", kDouble},
                               Field{"joy", "joy::DOUBLE", kDouble},
                               Field{"optimism", "optimism::DOUBLE", kDouble},
                               Field{"sadness", "sadness::DOUBLE", kDouble},
                               Field{"topics", "topics", kList},
                               Field{"entities", "entities", kList},
                               Field{"hashtags", "hashtags", kList},
                               Field{"mentions", "mentions", kList},
                               Field{"cashtags", "cashtags", kList},
                               Field{"urls", "urls", kList},
                               Field{"emoji", "emoji", kList},
                               Field{"followers", "followers", kLong},
                               Field{"models", "models", kKeyword}};

// Mapped as Elasticsearch maps such documents by itself: text with a keyword beside it.
constexpr std::array kSentimentLabels = {
    Field{"word", "word", kWords}, Field{"polarity", "polarity::DOUBLE", kDouble},
    Field{"subjectivity", "subjectivity::DOUBLE", kDouble},
    Field{
        "sentiment_analysis",
        "(CASE WHEN polarity < 0 THEN 'Negative' WHEN polarity > 0 THEN 'Positive' ELSE 'Neutral' END)",
        kWords}};

constexpr std::array kTweet = {Field{"time", "time", kDate},
                               Field{"content", "content", kWords},
                               Field{"task", "task", kKeyword},
                               Field{"tasks", "tasks", kList},
                               Field{"rules_version", "rules_version", kLong},
                               Field{"source", "source", kKeyword},
                               Field{"id", "id", kKeyword},
                               Field{"lang", "lang", kKeyword},
                               Field{"author", "author", kKeyword},
                               Field{"country", "country", kKeyword},
                               Field{"kind", "kind::VARCHAR", kKeyword},
                               Field{"conversation", "conversation", kKeyword},
                               Field{"urls", "urls", kList},
                               Field{"hashtags", "hashtags", kList}};

constexpr std::array kSentiment = {Field{"time", "time", kDate},
                                   Field{"task", "task", kKeyword},
                                   Field{"pos", "pos::DOUBLE", kDouble},
                                   Field{"neu", "neu::DOUBLE", kDouble},
                                   Field{"neg", "neg::DOUBLE", kDouble},
                                   Field{"tasks", "tasks", kList},
                                   Field{"label", "label::VARCHAR", kKeyword},
                                   Field{"model", "split_part(models, ' ', 1)", kKeyword}};

constexpr std::array kWindows = {Field{"task", "task", kKeyword},
                                 Field{"window_start", "window_start", kDate},
                                 Field{"window_size", "window_size", kKeyword},
                                 Field{"window_ms", "window_ms", kLong},
                                 Field{"posts", "posts", kLong},
                                 Field{"authors", "authors", kLong},
                                 Field{"neg", "neg", kDouble},
                                 Field{"neu", "neu", kDouble},
                                 Field{"pos", "pos", kDouble},
                                 Field{"mixed", "mixed", kDouble},
                                 Field{"polarity", "polarity", kDouble},
                                 Field{"subjectivity", "subjectivity", kDouble},
                                 Field{"negative", "negative", kLong},
                                 Field{"neutral", "neutral", kLong},
                                 Field{"positive", "positive", kLong},
                                 Field{"mixed4", "mixed4", kLong},
                                 Field{"completeness", "completeness", kDouble},
                                 Field{"final", "final", kBoolean},
                                 Field{"revision", "revision", kLong}};

constexpr std::array kIndexes = {
    Index{"posts", "posts", "id", "arrival", kPosts},
    Index{"sentiment", "posts", "id", "arrival", kSentiment},
    Index{"sentiment_labels", "posts", "id", "arrival", kSentimentLabels},
    Index{"tweet", "posts", "id", "arrival", kTweet},
    Index{"windows", "windows",
          "task || '/' || window_size || '/' || epoch_ms(window_start)::VARCHAR", "window_start",
          kWindows}};

}  // namespace

const Field* Index::Find(std::string_view field) const {
  constexpr std::string_view kSuffix = ".keyword";
  if (field.size() > kSuffix.size() && field.substr(field.size() - kSuffix.size()) == kSuffix) {
    field.remove_suffix(kSuffix.size());
  }
  for (const Field& one : fields) {
    if (one.name == field) return &one;
  }
  return nullptr;
}

std::span<const Index> Indexes() { return kIndexes; }

Result<const Index*> FindIndex(std::string_view name) {
  for (const Index& index : kIndexes) {
    if (index.name == name) return &index;
  }
  return Error{Code::kNotFound, "no such index [" + std::string(name.substr(0, 200)) + "]"};
}

std::string_view TypeName(FieldType type) {
  switch (type) {
    case kKeyword:
    case kList: return "keyword";
    case kWords: return "text";
    case kLong: return "long";
    case kDouble: return "double";
    case kBoolean: return "boolean";
    case kDate: return "date";
  }
  return "keyword";
}

HttpResponse ErrorAnswer(int status, std::string_view type, std::string_view reason) {
  JsonWriter json;
  json.Open().Key("error").Open().Key("root_cause").OpenList();
  json.Open().Member("type", type).Member("reason", reason).Close().CloseList();
  json.Member("type", type).Member("reason", reason).Close().Key("status").Int(status).Close();
  HttpResponse response;
  response.status = status;
  response.body = json.Take();
  return response;
}

HttpResponse ErrorOf(const Error& error, std::string_view type) {
  switch (error.code) {
    case Code::kInvalidArgument: return ErrorAnswer(400, type, error.message);
    case Code::kNotFound: return ErrorAnswer(404, "index_not_found_exception", error.message);
    case Code::kTimedOut: return ErrorAnswer(503, "timeout_exception", error.message);
    case Code::kExhausted: return ErrorAnswer(503, "circuit_breaking_exception", error.message);
    case Code::kUnavailable: return ErrorAnswer(503, "cluster_block_exception", error.message);
    default: return ErrorAnswer(500, "exception", error.message);
  }
}

void WriteShards(JsonWriter& json) {
  json.Key("_shards")
      .Open()
      .Key("total")
      .Int(1)
      .Key("successful")
      .Int(1)
      .Key("skipped")
      .Int(0)
      .Key("failed")
      .Int(0)
      .Close();
}

}  // namespace hb::es
