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
  batch.sentiment_model = "sentiment-fast/1";
  batch.polarity_model = "pattern/1";
  batch.language_model = "cld2/1";
  batch.posts = posts;
  return batch;
}

void CheckSame(const PostBatch& want, const PostBatch& got) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (got.content[i] != want.content[i] || got.key[i] != want.key[i]) std::abort();
  }
}

constexpr std::size_t kRows = 1000;

void Report(benchmark::State& state, const StringColumn& values) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRows));
  state.counters["record_bytes"] = static_cast<double>(values.bytes()) / kRows;
}

void BM_EncodeTweet(benchmark::State& state) {
  const AnalysisBatch batch = Batch(kRows);
  StringColumn values;
  for (auto _ : state) {
    values.Clear();
    for (std::size_t i = 0; i < kRows; ++i) {
      EncodeTweet(*batch.posts, i, values.Open());
      values.Close();
    }
  }
  PostBatch back;
  std::vector<std::size_t> rows;
  std::vector<BadValue> bad;
  DecodeTweets(values, 0, back, rows, bad);
  CheckSame(*batch.posts, back);
  Report(state, values);
}
BENCHMARK(BM_EncodeTweet);

void BM_EncodeAnalysis(benchmark::State& state) {
  const AnalysisBatch batch = Batch(kRows);
  StringColumn values;
  for (auto _ : state) {
    values.Clear();
    for (std::size_t i = 0; i < kRows; ++i) {
      EncodeAnalysis(batch, i, values.Open());
      values.Close();
    }
  }
  Report(state, values);
}
BENCHMARK(BM_EncodeAnalysis);

void BM_EncodeSentiment(benchmark::State& state) {
  const AnalysisBatch batch = Batch(kRows);
  StringColumn values;
  for (auto _ : state) {
    values.Clear();
    for (std::size_t i = 0; i < kRows; ++i) {
      EncodeSentiment(batch, i, values.Open());
      values.Close();
    }
  }
  Report(state, values);
}
BENCHMARK(BM_EncodeSentiment);

void BM_DecodeTweet(benchmark::State& state) {
  const AnalysisBatch batch = Batch(kRows);
  StringColumn values;
  for (std::size_t i = 0; i < kRows; ++i) {
    EncodeTweet(*batch.posts, i, values.Open());
    values.Close();
  }
  PostBatch back;
  std::vector<std::size_t> rows;
  std::vector<BadValue> bad;
  for (auto _ : state) {
    back.Clear();
    rows.clear();
    DecodeTweets(values, 0, back, rows, bad);
  }
  CheckSame(*batch.posts, back);
  Report(state, values);
}
BENCHMARK(BM_DecodeTweet);

void BM_DecodeAnalysis(benchmark::State& state) {
  const AnalysisBatch batch = Batch(kRows);
  StringColumn values;
  for (std::size_t i = 0; i < kRows; ++i) {
    EncodeAnalysis(batch, i, values.Open());
    values.Close();
  }
  PostBatch posts;
  AnalysisBatch back;
  for (auto _ : state) {
    posts.Clear();
    back.Clear();
    for (std::size_t i = 0; i < kRows; ++i) {
      if (!DecodeAnalysis(values[i], posts, back).ok()) std::abort();
    }
  }
  CheckSame(*batch.posts, posts);
  Report(state, values);
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
  avro_schema_t schema;
  avro_value_iface_t* iface;
  avro_value_t value;
};

std::size_t Write(avro_writer_t writer, avro_value_t* value) {
  avro_writer_reset(writer);
  if (avro_value_write(writer, value) != 0) std::abort();
  return static_cast<std::size_t>(avro_writer_tell(writer));
}

void BM_LibavroEncodeTweet(benchmark::State& state) {
  const AnalysisBatch batch = Batch(kRows);
  Libavro avro(RecordType::kTweet);
  std::string buffer(65'536, '\0');
  avro_writer_t writer =
      avro_writer_memory(buffer.data(), static_cast<std::int64_t>(buffer.size()));
  StringColumn values;
  for (auto _ : state) {
    values.Clear();
    for (std::size_t i = 0; i < kRows; ++i) {
      avro_value_reset(&avro.value);
      avro.Post(*batch.posts, i);
      values.Append({buffer.data(), Write(writer, &avro.value)});
    }
  }
  std::string ours;
  EncodeTweet(*batch.posts, kRows - 1, ours);
  if (ours != values[kRows - 1]) std::abort();  // byte for byte
  avro_writer_free(writer);
  Report(state, values);
}
BENCHMARK(BM_LibavroEncodeTweet);

void BM_LibavroEncodeAnalysis(benchmark::State& state) {
  const AnalysisBatch batch = Batch(kRows);
  Libavro avro(RecordType::kAnalysis);
  std::string buffer(65'536, '\0');
  avro_writer_t writer =
      avro_writer_memory(buffer.data(), static_cast<std::int64_t>(buffer.size()));
  StringColumn values;
  for (auto _ : state) {
    values.Clear();
    for (std::size_t i = 0; i < kRows; ++i) {
      avro_value_reset(&avro.value);
      avro.Post(*batch.posts, i);
      avro.Int(21, batch.neg[i]);
      avro.Int(22, batch.neu[i]);
      avro.Int(23, batch.pos(i));
      avro.Int(24, batch.mixed[i]);
      avro.Enum(25, static_cast<int>(batch.label[i]));
      avro.Enum(26, static_cast<int>(batch.label4[i]));
      avro.Int(27, batch.polarity[i]);
      avro.Int(28, batch.subjectivity[i]);
      avro.String(29, batch.lang[i]);
      avro.List(30, batch.hashtags[i]);
      avro.List(31, batch.mentions[i]);
      avro.List(32, batch.cashtags[i]);
      avro.List(33, batch.links[i]);
      avro.List(34, batch.emoji[i]);
      avro.List(35, batch.words[i]);
      avro.String(36, batch.clean[i]);
      avro.String(37, batch.sentiment_model);
      avro.String(38, batch.polarity_model);
      avro.String(39, batch.language_model);
      values.Append({buffer.data(), Write(writer, &avro.value)});
    }
  }
  std::string ours;
  EncodeAnalysis(batch, kRows - 1, ours);
  if (ours != values[kRows - 1]) std::abort();
  avro_writer_free(writer);
  Report(state, values);
}
BENCHMARK(BM_LibavroEncodeAnalysis);

void BM_LibavroDecodeTweet(benchmark::State& state) {
  const AnalysisBatch batch = Batch(kRows);
  StringColumn values;
  for (std::size_t i = 0; i < kRows; ++i) {
    EncodeTweet(*batch.posts, i, values.Open());
    values.Close();
  }
  Libavro avro(RecordType::kTweet);
  avro_reader_t reader = avro_reader_memory(nullptr, 0);
  StringColumn contents;
  for (auto _ : state) {
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
  }
  if (contents[kRows - 1] != batch.posts->content[kRows - 1]) std::abort();
  avro_reader_free(reader);
  Report(state, values);
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
