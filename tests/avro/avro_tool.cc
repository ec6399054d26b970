// Our side of the comparison with fastavro (check_fastavro.py). Frames are a length of four bytes,
// little end first, and the bytes.
//
//   avro_tool write TYPE COUNT SEED     generated records: for each a frame of Avro, then a frame
//   of JSON
//                                       with the values as the structs have them, each named by
//                                       hand
//   avro_tool read TYPE                 frames of Avro on stdin: each is decoded, and written again
//   avro_tool show TYPE                 frames of Avro on stdin: each as JSON by the generic reader
//   avro_tool resolve TYPE SCHEMA_FILE  frames written with that schema: each brought into our form
//   avro_tool corpus FOLDER             the fuzz targets' corpora
// For read, show and resolve an answer is a frame too: "+" and the bytes, or "-" and the message.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "record/avro_control.h"
#include "record/avro_post.h"
#include "record/avro_samples.h"
#include "record/avro_schema.h"
#include "record/avro_window.h"

namespace {

using namespace hb;
using samples::Generator;

void PutFrame(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  for (int i = 0; i < 4; ++i) std::cout.put(static_cast<char>(size >> (8 * i)));
  std::cout.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

bool GetFrame(std::string& bytes) {
  unsigned char head[4];
  if (!std::cin.read(reinterpret_cast<char*>(head), 4)) return false;
  bytes.resize(head[0] | head[1] << 8 | head[2] << 16 | static_cast<std::size_t>(head[3]) << 24);
  return static_cast<bool>(std::cin.read(bytes.data(), static_cast<std::streamsize>(bytes.size())));
}

/// A JSON object built member by member; text and bytes as hex, so that nothing is left to
/// escaping.
class Members {
 public:
  Members& Text(const char* name, std::string_view text) { return Raw(name, Hex(text)); }
  Members& Number(const char* name, std::int64_t number) {
    return Raw(name, std::to_string(number));
  }
  Members& Unsigned(const char* name, std::uint64_t number) {
    return Number(name, static_cast<std::int64_t>(number));
  }
  Members& Real(const char* name, double number) {
    char text[64];
    std::snprintf(text, sizeof text, "%.17e", number);  // an exponent keeps the sign of -0
    return Raw(name, text);
  }
  Members& Truth(const char* name, bool truth) { return Raw(name, truth ? "true" : "false"); }
  template <typename List>
  Members& Texts(const char* name, const List& list) {
    std::string items;
    for (std::size_t i = 0; i < list.size(); ++i) items += (i > 0 ? "," : "") + Hex(list[i]);
    return Raw(name, "[" + items + "]");
  }
  template <typename Number, std::size_t N>
  Members& Numbers(const char* name, const std::array<Number, N>& numbers) {
    std::string items;
    for (const auto n : numbers)
      items += (items.empty() ? "" : ",") + std::to_string(static_cast<std::int64_t>(n));
    return Raw(name, "[" + items + "]");
  }
  Members& Raw(const char* name, std::string_view json) {
    text_ += (text_.empty() ? "\"" : ",\"") + std::string(name) + "\":" + std::string(json);
    return *this;
  }
  [[nodiscard]] std::string Json() const { return "{" + text_ + "}"; }

 private:
  static std::string Hex(std::string_view bytes) {
    std::string text = "\"";
    for (const char c : bytes) {
      text += "0123456789abcdef"[(c >> 4) & 15];
      text += "0123456789abcdef"[c & 15];
    }
    return text + "\"";
  }
  std::string text_;
};

void PostMembers(const PostBatch& posts, Members& m) {
  const PostView p = posts.Row(0);
  m.Number("time", ToMillis(p.time)).Text("content", p.content);
  m.Text("task", posts.tasks[0].empty() ? "" : posts.tasks[0][0]).Texts("tasks", posts.tasks[0]);
  m.Number("rules_version", posts.rules_version[0]).Text("source", p.source).Text("id", p.id);
  m.Text("lang", p.lang).Text("author", p.author).Text("country", p.country);
  m.Text("kind", PostKindName(p.kind)).Text("conversation", p.conversation);
  m.Texts("urls", posts.urls[0]).Texts("hashtags", posts.hashtags[0]).Text("handle", p.handle);
  m.Text("chain", p.chain).Text("reply_to", p.reply_to).Text("repost_of", p.repost_of);
  m.Number("flags", p.flags).Number("followers", p.followers);
  const bool derived = !p.id.empty() && p.key == KeyOf(p.id);
  m.Unsigned("key", derived ? 0 : ToInt(p.key));
}

void ResultMembers(const AnalysisBatch& a, Members& m) {
  m.Number("neg", a.neg[0]).Number("neu", a.neu[0]).Number("pos", kMicro - a.neg[0] - a.neu[0]);
  m.Number("mixed", a.mixed[0])
      .Text("label", LabelName(a.label[0]))
      .Text("label4", LabelName(a.label4[0]));
  m.Number("polarity", a.polarity[0])
      .Number("subjectivity", a.subjectivity[0])
      .Text("language", a.lang[0]);
  m.Texts("found_hashtags", a.hashtags[0])
      .Texts("mentions", a.mentions[0])
      .Texts("cashtags", a.cashtags[0]);
  m.Texts("links", a.links[0])
      .Texts("emoji", a.emoji[0])
      .Texts("words", a.words[0])
      .Text("clean", a.clean[0]);
  const ModelNames models = a.models[0];
  m.Text("sentiment_model", models.sentiment).Text("polarity_model", models.polarity);
  m.Text("language_model", models.language);
  for (std::size_t i = 0; i < kFeltEmotions; ++i) {
    m.Number(std::string(EmotionName(static_cast<Emotion>(i))).c_str(), a.emotions[i][0]);
  }
  std::string names;
  for (std::size_t i = 0; i < a.names[0].size(); ++i) {
    const NameKey name = NameKey::Of(a.names[0][i]);
    Members one;
    one.Text("type", name.type).Text("text", name.text);
    one.Number("begin", a.name_spans[i].begin).Number("end", a.name_spans[i].end);
    names += (i > 0 ? "," : "") + one.Json();
  }
  m.Text("emotion", EmotionName(a.emotion[0])).Raw("entities", "[" + names + "]");
  m.Text("emotion_model", models.emotion).Text("entities_model", models.entities);
  m.Texts("topics", a.topics[0]).Text("topics_model", models.topics);
  m.Unsigned("fingerprint", a.fingerprint[0]);
}

std::string CountsJson(const CountMap& map) {
  std::string items;
  for (const KeyCount& c : map.counts) {
    items +=
        (items.empty() ? "" : ",") + Members().Text("key", c.key).Unsigned("count", c.count).Json();
  }
  return Members().Raw("counts", "[" + items + "]").Truth("approximate", map.approximate).Json();
}

void AggregateMembers(const Aggregate& a, Members& m) {
  m.Text("task", a.key.task).Number("window_start", ToMillis(a.key.window_start));
  m.Number("window_ms", a.key.window_ms).Number("partition", ToInt(a.key.partition));
  m.Number("revision", a.revision).Truth("is_final", a.is_final).Truth("frozen", a.frozen);
  std::string authors;
  for (const auto& author : a.authors.exact) {
    authors += (authors.empty() ? "" : ",") +
               Members().Unsigned("hash", author.hash).Number("posts", author.posts).Json();
  }
  m.Unsigned("posts", a.posts).Raw("authors", "[" + authors + "]");
  m.Text("author_registers",
         {reinterpret_cast<const char*>(a.authors.registers.data()), a.authors.registers.size()});
  m.Number("neg", a.neg).Number("neu", a.neu).Number("pos", a.pos).Number("mixed", a.mixed);
  m.Number("polarity", a.polarity).Number("subjectivity", a.subjectivity);
  m.Numbers("labels", a.labels).Numbers("labels4", a.labels4).Numbers("kinds", a.kinds);
  m.Raw("languages", CountsJson(a.languages)).Raw("countries", CountsJson(a.countries));
  m.Raw("hashtags", CountsJson(a.hashtags)).Raw("words", CountsJson(a.words));
  m.Numbers("emotion_sums", a.emotion_sums).Numbers("emotions", a.emotions);
  m.Raw("entities", CountsJson(a.names)).Raw("topics", CountsJson(a.topics));
}

struct Type {
  const char* name;
  RecordType type;
  /// Appends a generated record to `avro` and its values to `values`.
  void (*write)(Generator&, std::string& avro, Members& values);
  /// Decodes, and appends what the decoded value is written as.
  Status (*read)(std::string_view avro, std::string& again);
};

AnalysisBatch Analysis(Generator& g) {
  auto posts = std::make_shared<PostBatch>();
  AnalysisBatch batch;
  g.Post(*posts);
  g.Results(batch);
  batch.posts = posts;
  return batch;
}

template <typename Record>
Status ReadAgain(std::string_view avro, std::string& again,
                 Status (*decode)(std::string_view, Record&),
                 void (*encode)(const Record&, std::string&)) {
  Record record;
  HB_TRY(decode(avro, record));
  encode(record, again);
  return Ok();
}

const Type kTypes[] = {
    {"tweet", RecordType::kTweet,
     [](Generator& g, std::string& avro, Members& m) {
       PostBatch posts;
       g.Post(posts);
       EncodeTweet(posts, 0, avro);
       PostMembers(posts, m);
     },
     [](std::string_view avro, std::string& again) -> Status {
       PostBatch posts;
       HB_TRY(DecodeTweet(avro, posts));
       EncodeTweet(posts, 0, again);
       return Ok();
     }},
    {"classic/tweet", RecordType::kClassicTweet,
     [](Generator& g, std::string& avro, Members& m) {
       PostBatch posts;
       g.Post(posts);
       posts.time[0] = FromMillis(static_cast<std::int64_t>(g.Unsigned32()) * 500);  // to 2038
       EncodeClassicTweet(posts, 0, avro);
       m.Number("time", ToMillis(posts.time[0]) / 1000).Text("content", posts.content[0]);
       m.Text("task", posts.tasks[0].empty() ? "" : posts.tasks[0][0]);
     },
     [](std::string_view avro, std::string& again) -> Status {
       PostBatch posts;
       HB_TRY(DecodeClassicTweet(avro, posts));
       EncodeClassicTweet(posts, 0, again);
       return Ok();
     }},
    {"analysis", RecordType::kAnalysis,
     [](Generator& g, std::string& avro, Members& m) {
       const AnalysisBatch batch = Analysis(g);
       EncodeAnalysis(batch, 0, avro);
       PostMembers(*batch.posts, m);
       ResultMembers(batch, m);
     },
     [](std::string_view avro, std::string& again) -> Status {
       auto posts = std::make_shared<PostBatch>();
       AnalysisBatch batch;
       HB_TRY(DecodeAnalysis(avro, *posts, batch));
       batch.posts = posts;
       EncodeAnalysis(batch, 0, again);
       return Ok();
     }},
    {"sentiment", RecordType::kSentiment,
     [](Generator& g, std::string& avro, Members& m) {
       const AnalysisBatch batch = Analysis(g);
       const PostBatch& posts = *batch.posts;
       EncodeSentiment(batch, 0, avro);
       m.Number("time", ToMillis(posts.time[0]))
           .Text("task", posts.tasks[0].empty() ? "" : posts.tasks[0][0]);
       m.Real("pos", static_cast<float>((kMicro - batch.neg[0] - batch.neu[0]) / 1e6));
       m.Real("neu", static_cast<float>(batch.neu[0] / 1e6))
           .Real("neg", static_cast<float>(batch.neg[0] / 1e6));
       m.Texts("tasks", posts.tasks[0])
           .Text("label", LabelName(batch.label[0]))
           .Text("model", batch.models[0].sentiment);
     },
     [](std::string_view avro, std::string& again) -> Status {
       SentimentRecord record;
       HB_TRY(DecodeSentiment(avro, record));
       again = avro;  // it is written from an analysis only
       return Ok();
     }},
    {"classic/sentiment", RecordType::kClassicSentiment,
     [](Generator& g, std::string& avro, Members& m) {
       AnalysisBatch batch = Analysis(g);
       auto posts = std::make_shared<PostBatch>(*batch.posts);
       posts->time[0] = FromMillis(static_cast<std::int64_t>(g.Unsigned32()) * 500);
       batch.posts = posts;
       EncodeClassicSentiment(batch, 0, avro);
       m.Number("time", ToMillis(posts->time[0]) / 1000);
       m.Text("task", posts->tasks[0].empty() ? "" : posts->tasks[0][0]);
       m.Real("pos", static_cast<float>((kMicro - batch.neg[0] - batch.neu[0]) / 1e6));
       m.Real("neu", static_cast<float>(batch.neu[0] / 1e6))
           .Real("neg", static_cast<float>(batch.neg[0] / 1e6));
     },
     [](std::string_view avro, std::string& again) -> Status {
       again = avro;
       return AvroSchema::Of(RecordType::kClassicSentiment).Check(avro);
     }},
    {"aggregate", RecordType::kAggregate,
     [](Generator& g, std::string& avro, Members& m) {
       const Aggregate a = g.Aggregate();
       EncodeAggregate(a, avro);
       AggregateMembers(a, m);
     },
     [](std::string_view avro, std::string& again) -> Status {
       return ReadAgain<Aggregate>(avro, again, DecodeAggregate, EncodeAggregate);
     }},
    {"trend", RecordType::kTrend,
     [](Generator& g, std::string& avro, Members& m) {
       const Trend t = g.Trend();
       EncodeTrend(t, avro);
       m.Number("time", ToMillis(t.time))
           .Text("scope", t.scope)
           .Text("kind", t.kind)
           .Text("key", t.key);
       m.Unsigned("count", t.count).Real("baseline", t.baseline).Real("score", t.score);
       m.Unsigned("authors", t.authors).Real("duplicate_share", t.duplicate_share);
       m.Texts("languages", t.languages)
           .Texts("example_ids", t.example_ids)
           .Truth("active", t.active);
     },
     [](std::string_view avro, std::string& again) -> Status {
       return ReadAgain<Trend>(avro, again, DecodeTrend, EncodeTrend);
     }},
    {"redaction", RecordType::kRedaction,
     [](Generator& g, std::string& avro, Members& m) {
       const Redaction r = g.Redaction();
       EncodeRedaction(r, avro);
       m.Number("time", ToMillis(r.time))
           .Text("kind", RedactionKindName(r.kind))
           .Unsigned("key", ToInt(r.key));
       m.Text("id", r.id)
           .Text("author", r.author)
           .Text("source", r.source)
           .Text("countries", r.countries);
     },
     [](std::string_view avro, std::string& again) -> Status {
       return ReadAgain<Redaction>(avro, again, DecodeRedaction, EncodeRedaction);
     }},
    {"task", RecordType::kTask,
     [](Generator& g, std::string& avro, Members& m) {
       const Task t = g.Task();
       EncodeTask(t, avro);
       m.Text("tag", t.tag).Text("rule", t.rule).Number("revision", t.revision);
       m.Number("time", ToMillis(t.time)).Truth("active", t.active);
     },
     [](std::string_view avro, std::string& again) -> Status {
       return ReadAgain<Task>(avro, again, DecodeTask, EncodeTask);
     }},
    {"dead_letter", RecordType::kDeadLetter,
     [](Generator& g, std::string& avro, Members& m) {
       const DeadLetter d = g.DeadLetter();
       EncodeDeadLetter(d, avro);
       m.Number("time", ToMillis(d.time)).Text("source", d.source).Text("location", d.location);
       m.Text("reason", d.reason).Text("raw", d.raw).Truth("cut", d.cut).Text("id", d.id);
       m.Text("context", d.context).Text("row_id", d.row_id).Number("attempts", d.attempts);
       m.Number("tried", ToMillis(d.tried)).Truth("used", d.used);
     },
     [](std::string_view avro, std::string& again) -> Status {
       return ReadAgain<DeadLetter>(avro, again, DecodeDeadLetter, EncodeDeadLetter);
     }},
    {"gap", RecordType::kGap,
     [](Generator& g, std::string& avro, Members& m) {
       const Gap gap = g.Gap();
       EncodeGap(gap, avro);
       m.Text("source", gap.source)
           .Number("from", ToMillis(gap.from))
           .Number("to", ToMillis(gap.to));
       m.Text("cause", gap.cause).Number("refilled", gap.refilled).Truth("exact", gap.exact);
     },
     [](std::string_view avro, std::string& again) -> Status {
       return ReadAgain<Gap>(avro, again, DecodeGap, EncodeGap);
     }},
};

const Type* Find(std::string_view name) {
  for (const Type& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

int Answer(const std::function<Status(std::string_view, std::string&)>& answer) {
  std::string frame;
  while (GetFrame(frame)) {
    std::string result;
    const Status status = answer(frame, result);
    PutFrame(status.ok() ? "+" + result : "-" + status.error().message);
  }
  return 0;
}

void WriteFile(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

int Corpus(const std::filesystem::path& folder) {
  struct Target {
    const char* name;
    std::vector<const char*> types;  // in the order of the target's first byte
  };
  const Target targets[] = {{"avro_post_fuzz", {"tweet", "classic/tweet", "analysis", "sentiment"}},
                            {"avro_window_fuzz", {"aggregate", "trend"}},
                            {"avro_control_fuzz", {"redaction", "task", "dead_letter", "gap"}}};
  Generator generator(20161001);
  int file = 0;
  for (const Target& target : targets) {
    for (std::size_t t = 0; t < target.types.size(); ++t) {
      const Type& type = *Find(target.types[t]);
      for (int i = 0; i < 4; ++i) {
        std::string avro;
        do {
          avro.clear();
          Members ignored;
          type.write(generator, avro, ignored);
        } while (avro.size() > 1500);
        WriteFile(folder / target.name / std::to_string(file++), static_cast<char>(t) + avro);
        std::string schema(SchemaText(type.type));
        if (i == 0)
          WriteFile(folder / "avro_schema_fuzz" / std::to_string(file++), schema + '\0' + avro);
      }
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::string_view mode = argc > 2 ? argv[1] : "";
  if (mode == "corpus") return Corpus(argv[2]);
  const Type* type = argc > 2 ? Find(argv[2]) : nullptr;
  if (type == nullptr) return 2;
  if (mode == "write" && argc == 5) {
    Generator generator(std::strtoull(argv[4], nullptr, 10));
    for (long i = std::atol(argv[3]); i > 0; --i) {
      std::string avro;
      Members values;
      type->write(generator, avro, values);
      PutFrame(avro);
      PutFrame(values.Json());
    }
    return 0;
  }
  if (mode == "read") return Answer(type->read);
  if (mode == "show") {
    const AvroSchema schema = AvroSchema::Of(type->type);
    return Answer([&](std::string_view avro, std::string& json) -> Status {
      HB_ASSIGN(json, schema.ToJson(avro));
      return Ok();
    });
  }
  if (mode == "resolve" && argc == 4) {
    std::ifstream file(argv[3], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto writer = AvroSchema::Parse(text);
    if (!writer.ok()) return std::cerr << writer.error().message << "\n", 1;
    auto resolver = AvroResolver::Create(writer.value(), type->type);
    if (!resolver.ok()) return std::cerr << resolver.error().message << "\n", 1;
    return Answer([&](std::string_view avro, std::string& ours) {
      return resolver.value().Resolve(avro, ours);
    });
  }
  return 2;
}
