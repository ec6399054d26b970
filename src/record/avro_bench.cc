// What the records of one post cost, beside libavro's generic values for the same record.
#include <avro.h>
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "record/avro_post.h"
#include "record/identity.h"
#include "record/schema.h"

namespace hb {
namespace {

// A batch like those of a replay: 140 characters, one task, one link, one hashtag.
AnalysisBatch Batch(std::size_t rows) {
  auto posts = std::make_shared<PostBatch>();
  AnalysisBatch batch;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string id = std::to_string(784'000'000'000'000'000 + i * 7'919);
    std::string content =
        "RT @someone: what a day, nobody would have believed it #news https://t.co/abcdefghij ";
    while (content.size() < 140) content += static_cast<char>('a' + (i + content.size()) % 26);
    posts->urls.Push("https://example.com/2016/10/an-article");
    posts->hashtags.Push("news");
    posts->Append({.time = FromMillis(1'476'000'000'000 + static_cast<std::int64_t>(i)),
                   .key = KeyOf(id),
                   .id = id,
                   .source = "replay",
                   .content = content,
                   .lang = "en",
                   .author = "1234567890",
                   .handle = "someone_else",
                   .country = "US",
                   .conversation = {},
                   .chain = {},
                   .reply_to = {},
                   .repost_of = {},
                   .kind = PostKind::kRepost,
                   .flags = 3,
                   .followers = 12'345});
    posts->tasks.Push("RU-UKR");
    posts->tasks.EndRow();
    posts->rules_version.push_back(3);
    batch.neg.push_back(200'000);
    batch.neu.push_back(300'000);
    batch.mixed.push_back(1'000);
    batch.label.push_back(Label::kPositive);
    batch.label4.push_back(Label::kPositive);
    batch.polarity.push_back(-250'000);
    batch.subjectivity.push_back(500'000);
    batch.lang.Append("en");
    batch.hashtags.Push("news");
    batch.mentions.Push("someone");
    batch.links.Push("https://t.co/abcdefghij");
    for (const char* word : {"what", "day", "nobody", "would", "have", "believed", "it", "abc"})
      batch.words.Push(word);
    for (ListColumn* c : {&batch.hashtags, &batch.mentions, &batch.cashtags, &batch.links,
                          &batch.emoji, &batch.words})
      c->EndRow();
    batch.clean.Append(content.substr(12, 60));
  }
  batch.models.Fill(
      {.sentiment = "sentiment-fast/1", .polarity = "pattern/1", .language = "language-fast/1"},
      batch.size());
  batch.posts = posts;
  return batch;
}

void CheckSame(const PostBatch& want, const PostBatch& got) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (got.content[i] != want.content[i] || got.key[i] != want.key[i]) std::abort();
  }
}

constexpr std::size_t kRows = 1000;

const AnalysisBatch& Sample() {
  static const AnalysisBatch batch = Batch(kRows);
  return batch;
}

/// encode(row, out) for each row of the sample.
template <typename Encode>
void EncodeRows(const Encode& encode, StringColumn& values) {
  values.Clear();
  for (std::size_t i = 0; i < kRows; ++i) {
    encode(i, values.Open());
    values.Close();
  }
}

StringColumn EncodedTweets() {
  StringColumn values;
  EncodeRows([](std::size_t i, std::string& out) { EncodeTweet(*Sample().posts, i, out); }, values);
  return values;
}

StringColumn EncodedAnalyses() {
  StringColumn values;
  EncodeRows([](std::size_t i, std::string& out) { EncodeAnalysis(Sample(), i, out); }, values);
  return values;
}

/// Times `step`, which handles all rows of the sample; their encoded form is `values` afterwards.
template <typename Step>
void Measure(benchmark::State& state, const StringColumn& values, const Step& step) {
  for (auto _ : state) step();
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRows));
  state.counters["record_bytes"] = static_cast<double>(values.bytes()) / kRows;
}

void BM_EncodeTweet(benchmark::State& state) {
  StringColumn values;
  Measure(state, values, [&] {
    EncodeRows([](std::size_t i, std::string& out) { EncodeTweet(*Sample().posts, i, out); },
               values);
  });
  PostBatch back;
  std::vector<std::size_t> rows;
  std::vector<BadValue> bad;
  DecodeTweets(values, 0, back, rows, bad);
  CheckSame(*Sample().posts, back);
}
BENCHMARK(BM_EncodeTweet);

void BM_EncodeAnalysis(benchmark::State& state) {
  StringColumn values;
  Measure(state, values, [&] {
    EncodeRows([](std::size_t i, std::string& out) { EncodeAnalysis(Sample(), i, out); }, values);
  });
}
BENCHMARK(BM_EncodeAnalysis);

void BM_EncodeSentiment(benchmark::State& state) {
  StringColumn values;
  Measure(state, values, [&] {
    EncodeRows([](std::size_t i, std::string& out) { EncodeSentiment(Sample(), i, out); }, values);
  });
}
BENCHMARK(BM_EncodeSentiment);

void BM_DecodeTweet(benchmark::State& state) {
  const StringColumn values = EncodedTweets();
  PostBatch back;
  std::vector<std::size_t> rows;
  std::vector<BadValue> bad;
  Measure(state, values, [&] {
    back.Clear();
    rows.clear();
    DecodeTweets(values, 0, back, rows, bad);
  });
  CheckSame(*Sample().posts, back);
}
BENCHMARK(BM_DecodeTweet);

void BM_DecodeAnalysis(benchmark::State& state) {
  const StringColumn values = EncodedAnalyses();
  PostBatch posts;
  AnalysisBatch back;
  Measure(state, values, [&] {
    posts.Clear();
    back.Clear();
    for (std::size_t i = 0; i < kRows; ++i) {
      if (!DecodeAnalysis(values[i], posts, back).ok()) std::abort();
    }
  });
  CheckSame(*Sample().posts, posts);
}
BENCHMARK(BM_DecodeAnalysis);

// libavro: fields set by index on a generic value that is used again, then written to memory.
struct Libavro {
  explicit Libavro(RecordType type) {
    const std::string_view text = SchemaText(type);
    if (avro_schema_from_json_length(text.data(), text.size(), &schema) != 0) std::abort();
    iface = avro_generic_class_from_schema(schema);
    if (avro_generic_value_new(iface, &value) != 0) std::abort();
  }
  ~Libavro() {
    avro_value_decref(&value);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
  }
  Libavro(const Libavro&) = delete;
  Libavro& operator=(const Libavro&) = delete;
  avro_value_t Field(std::size_t i) {
    avro_value_t field;
    avro_value_get_by_index(&value, i, &field, nullptr);
    return field;
  }
  static void SetString(avro_value_t* value, std::string_view text) {
    // set_string_len wants a terminated string; ours are not, so this measures a copy as well.
    static std::string scratch;
    scratch.assign(text);
    avro_value_set_string_len(value, scratch.c_str(), scratch.size() + 1);
  }
  void String(std::size_t i, std::string_view text) {
    avro_value_t field = Field(i);
    SetString(&field, text);
  }
  void List(std::size_t i, const ListColumn::List& list) {
    avro_value_t field = Field(i), element;
    for (const std::string_view text : list) {
      avro_value_append(&field, &element, nullptr);
      SetString(&element, text);
    }
  }
  void Long(std::size_t i, std::int64_t n) {
    avro_value_t field = Field(i);
    avro_value_set_long(&field, n);
  }
  void Int(std::size_t i, std::int32_t n) {
    avro_value_t field = Field(i);
    avro_value_set_int(&field, n);
  }
  void Enum(std::size_t i, int n) {
    avro_value_t field = Field(i);
    avro_value_set_enum(&field, n);
  }
  void Post(const PostBatch& posts, std::size_t row) {
    const PostView view = posts.Row(row);
    Long(0, ToMillis(view.time));
    String(1, view.content);
    String(2, posts.tasks[row][0]);
    List(3, posts.tasks[row]);
    Long(4, posts.rules_version[row]);
    String(5, view.source);
    String(6, view.id);
    String(7, view.lang);
    String(8, view.author);
    String(9, view.country);
    Enum(10, static_cast<int>(view.kind));
    String(11, view.conversation);
    List(12, posts.urls[row]);
    List(13, posts.hashtags[row]);
    String(14, view.handle);
    String(15, view.chain);
    String(16, view.reply_to);
    String(17, view.repost_of);
    Int(18, view.flags);
    Long(19, view.followers);
    Long(20, 0);
  }
  void Analysis(const AnalysisBatch& batch, std::size_t i) {
    Post(*batch.posts, i);
    Int(21, batch.neg[i]);
    Int(22, batch.neu[i]);
    Int(23, batch.pos(i));
    Int(24, batch.mixed[i]);
    Enum(25, static_cast<int>(batch.label[i]));
    Enum(26, static_cast<int>(batch.label4[i]));
    Int(27, batch.polarity[i]);
    Int(28, batch.subjectivity[i]);
    String(29, batch.lang[i]);
    List(30, batch.hashtags[i]);
    List(31, batch.mentions[i]);
    List(32, batch.cashtags[i]);
    List(33, batch.links[i]);
    List(34, batch.emoji[i]);
    List(35, batch.words[i]);
    String(36, batch.clean[i]);
    String(37, batch.models[i].sentiment);
    String(38, batch.models[i].polarity);
    String(39, batch.models[i].language);
  }
  avro_schema_t schema;
  avro_value_iface_t* iface;
  avro_value_t value;
};

/// libavro's encoding of the sample by `fill`(avro, row); `ours` is what it must equal.
template <typename Fill>
void MeasureLibavroEncode(benchmark::State& state, RecordType type, const StringColumn& ours,
                          const Fill& fill) {
  Libavro avro(type);
  std::string buffer(65'536, '\0');
  avro_writer_t writer =
      avro_writer_memory(buffer.data(), static_cast<std::int64_t>(buffer.size()));
  StringColumn values;
  Measure(state, values, [&] {
    values.Clear();
    for (std::size_t i = 0; i < kRows; ++i) {
      avro_value_reset(&avro.value);
      fill(avro, i);
      avro_writer_reset(writer);
      if (avro_value_write(writer, &avro.value) != 0) std::abort();
      values.Append({buffer.data(), static_cast<std::size_t>(avro_writer_tell(writer))});
    }
  });
  if (ours[kRows - 1] != values[kRows - 1]) std::abort();  // byte for byte
  avro_writer_free(writer);
}

void BM_LibavroEncodeTweet(benchmark::State& state) {
  MeasureLibavroEncode(state, RecordType::kTweet, EncodedTweets(),
                       [](Libavro& avro, std::size_t i) { avro.Post(*Sample().posts, i); });
}
BENCHMARK(BM_LibavroEncodeTweet);

void BM_LibavroEncodeAnalysis(benchmark::State& state) {
  MeasureLibavroEncode(state, RecordType::kAnalysis, EncodedAnalyses(),
                       [](Libavro& avro, std::size_t i) { avro.Analysis(Sample(), i); });
}
BENCHMARK(BM_LibavroEncodeAnalysis);

void BM_LibavroDecodeTweet(benchmark::State& state) {
  const StringColumn values = EncodedTweets();
  Libavro avro(RecordType::kTweet);
  avro_reader_t reader = avro_reader_memory(nullptr, 0);
  StringColumn contents;
  Measure(state, values, [&] {
    contents.Clear();
    for (std::size_t i = 0; i < kRows; ++i) {
      avro_reader_memory_set_source(reader, values[i].data(),
                                    static_cast<std::int64_t>(values[i].size()));
      avro_value_reset(&avro.value);
      if (avro_value_read(reader, &avro.value) != 0) std::abort();
      const char* text = nullptr;
      std::size_t size = 0;
      avro_value_t field = avro.Field(1);
      avro_value_get_string(&field, &text, &size);
      contents.Append({text, size - 1});
    }
  });
  if (contents[kRows - 1] != Sample().posts->content[kRows - 1]) std::abort();
  avro_reader_free(reader);
}
BENCHMARK(BM_LibavroDecodeTweet);

}  // namespace
}  // namespace hb

int main(int argc, char** argv) {
#ifndef __OPTIMIZE__
  std::fprintf(stderr, "not optimised: no figures\n");
  return 1;
#endif
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
