#include "record/confluent_format.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "record/avro_post.h"
#include "record/avro_wire.h"
#include "record/classic_form.h"
#include "record/schema.h"

namespace hb {
namespace {

/// Numbers schemas in the order in which it is asked; can be away.
class MapSource : public SchemaSource {
 public:
  Result<std::uint32_t> IdOf(const std::string& topic, std::string_view schema) override {
    ++calls;
    if (away) return Error{Code::kUnavailable, "the registry is away"};
    subjects.push_back(topic);
    return Add(std::string(schema));
  }
  Result<std::string> SchemaOf(std::uint32_t id) override {
    ++calls;
    if (away) return Error{Code::kUnavailable, "the registry is away"};
    if (!texts.contains(id)) return Error{Code::kNotFound, "no such schema"};
    return texts[id];
  }
  std::uint32_t Add(const std::string& text) {
    for (const auto& [id, known] : texts) {
      if (known == text) return id;
    }
    const auto id = static_cast<std::uint32_t>(texts.size() + 7);
    texts[id] = text;
    return id;
  }
  std::map<std::uint32_t, std::string> texts;
  std::vector<std::string> subjects;
  bool away = false;
  int calls = 0;
};

std::string Message(std::uint32_t id, const std::string& payload) {
  std::string bytes(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(id >> shift);
  return bytes + payload;
}

std::string Tweet(std::int64_t time_ms, std::string_view content) {
  PostBatch posts;
  PostView post;
  post.key = PostKey{5};
  post.time = FromMillis(time_ms);
  post.id = "5";
  post.content = content;
  posts.Append(post);
  posts.tasks.Push("cats");
  posts.tasks.EndRow();
  posts.rules_version.push_back(3);
  std::string bytes;
  EncodeTweet(posts, 0, bytes);
  return bytes;
}

TEST(ConfluentFormat, WhatWeWriteHasOurIdAndComesBackAsItWas) {
  MapSource schemas;
  ConfluentFormat format({.classic = false, .names = {{"ingest", "prod.posts"}}}, schemas);
  const std::string avro = Tweet(1'600'000'000'123, "a post");
  std::string bytes, back;
  ASSERT_TRUE(format.Encode("ingest", avro, bytes).ok());
  EXPECT_EQ(bytes, Message(7, avro));
  EXPECT_EQ(schemas.subjects, std::vector<std::string>{"prod.posts"});
  ASSERT_TRUE(format.Decode("ingest", bytes, back).ok());
  EXPECT_EQ(back, avro);
}

TEST(ConfluentFormat, ThreeFieldsOfAnotherWriterAreEnough) {
  MapSource schemas;
  ConfluentFormat format({}, schemas);
  struct Case {
    const char* time_type;
    std::int64_t written;
    std::int64_t read_ms;
  };
  for (const Case& test : {Case{"\"int\"", 1'600'000'000, 1'600'000'000'000},
                           Case{"\"long\"", 1'600'000'000'123, 1'600'000'000'123}}) {
    const std::string text =
        R"({"type":"record","name":"Anything","fields":[{"name":"task","type":"string"},)"
        R"({"name":"time","type":)" +
        std::string(test.time_type) + R"(},{"name":"content","type":"string"}]})";
    const std::uint32_t id = schemas.Add(text);
    std::string payload, avro;
    avro::AppendRecord(payload, [&](auto& sink) {
      sink.String("cats");
      sink.Long(test.written);
      sink.String("hello");
    });
    ASSERT_TRUE(format.Decode("ingest", Message(id, payload), avro).ok());
    PostBatch posts;
    ASSERT_TRUE(DecodeTweet(avro, posts).ok());
    EXPECT_EQ(ToMillis(posts.time[0]), test.read_ms);
    EXPECT_EQ(posts.content[0], "hello");
    ASSERT_EQ(posts.tasks[0].size(), 1u);
    EXPECT_EQ(posts.tasks[0][0], "cats");
  }
}

TEST(ConfluentFormat, LayoutOfOurSchemaDoesNotMatter) {
  MapSource schemas;
  std::string text(SchemaText(RecordType::kTweet));
  std::erase(text, '\n');
  const std::uint32_t id = schemas.Add(text);
  ConfluentFormat format({}, schemas);
  const std::string avro = Tweet(1, "x");
  std::string back;
  ASSERT_TRUE(format.Decode("ingest", Message(id, avro), back).ok());
  EXPECT_EQ(back, avro);
}

TEST(ConfluentFormat, HostileBytesAreErrorsAndLeaveTheOutputAlone) {
  MapSource schemas;
  ConfluentFormat format({}, schemas);
  const std::uint32_t ours = schemas.Add(std::string(SchemaText(RecordType::kTweet)));
  const std::uint32_t no_record = schemas.Add("\"string\"");
  const std::uint32_t no_schema = schemas.Add("{");
  const std::uint32_t unfit =
      schemas.Add(R"({"type":"record","name":"t","fields":[{"name":"time","type":"long"}]})");
  const std::uint32_t other =
      schemas.Add(R"({"type":"record","name":"t","fields":[{"name":"time","type":"long"},)"
                  R"({"name":"content","type":"string"},{"name":"task","type":"string"}]})");
  std::string out = "kept";
  for (const std::string& bytes :
       {std::string(1, '\0'), std::string("\0\0\0\0", 4), std::string("{\"text\": 1}"),
        Message(99, "x"), Message(no_record, "\2x"), Message(no_schema, "x"), Message(unfit, "\2"),
        Message(other, "\2\xc8\1x"), Message(other, ""), Message(other, std::string(100, '\xff')),
        Message(ours, "") + std::string(ConfluentFormat::kMaxValueBytes, 'x')}) {
    const Status decoded = format.Decode("ingest", bytes, out);
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().code, Code::kCorrupt) << decoded.error().message;
    EXPECT_EQ(out, "kept");
  }
}

TEST(ConfluentFormat, ARegistryThatIsAwayIsNoFaultOfTheRecordAndStopsNothingThatIsKnown) {
  MapSource schemas;
  ConfluentFormat format({}, schemas);
  const std::string avro = Tweet(1, "x");
  schemas.away = true;
  std::string bytes, back;
  EXPECT_EQ(format.Encode("ingest", avro, bytes).error().code, Code::kUnavailable);
  EXPECT_EQ(format.Decode("ingest", Message(7, avro), back).error().code, Code::kUnavailable);
  EXPECT_TRUE(bytes.empty());
  schemas.away = false;
  ASSERT_TRUE(format.Encode("ingest", avro, bytes).ok());
  ASSERT_TRUE(format.Decode("ingest", bytes, back).ok());
  schemas.away = true;
  const int calls = schemas.calls;
  for (int i = 0; i < 3; ++i) {
    std::string again, once_more;
    ASSERT_TRUE(format.Encode("ingest", avro, again).ok());
    ASSERT_TRUE(format.Decode("ingest", again, once_more).ok());
  }
  EXPECT_EQ(schemas.calls, calls);
}

TEST(ConfluentFormat, UnknownIdsAreNotAskedAboutEachTime) {
  MapSource schemas;
  ConfluentFormat format({}, schemas);
  std::string out;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(format.Decode("ingest", Message(99, "x"), out).ok());
  EXPECT_EQ(schemas.calls, 1);
}

TEST(ConfluentFormat, ClassicIsWrittenWithItsSchemaAndReadByIt) {
  MapSource schemas;
  ConfluentFormat format({.classic = true, .names = {}}, schemas);
  std::string bytes, back;
  ASSERT_TRUE(format.Encode("ingest", Tweet(-1'500, "a post"), bytes).ok());
  EXPECT_EQ(schemas.texts[7], SchemaText(RecordType::kClassicTweet));
  PostBatch classic;
  ASSERT_TRUE(DecodeClassicTweet(std::string_view(bytes).substr(5), classic).ok());
  EXPECT_EQ(ToMillis(classic.time[0]), -2'000);
  ASSERT_TRUE(format.Decode("ingest", bytes, back).ok());
  PostBatch posts;
  ASSERT_TRUE(DecodeTweet(back, posts).ok());
  EXPECT_EQ(posts.content[0], "a post");
  EXPECT_EQ(posts.tasks[0][0], "cats");
}

TEST(ClassicFormat, GoesThereAndBackWithoutARegistry) {
  const auto format = MakeClassicFormat();
  std::string bytes, back;
  ASSERT_TRUE(format->Encode("ingest", Tweet(1'600'000'000'999, "a post"), bytes).ok());
  ASSERT_TRUE(format->Decode("ingest", bytes, back).ok());
  PostBatch posts;
  ASSERT_TRUE(DecodeTweet(back, posts).ok());
  EXPECT_EQ(ToMillis(posts.time[0]), 1'600'000'000'000);
  EXPECT_EQ(format->Encode("ingest", "\xff", bytes).error().code, Code::kCorrupt);
  EXPECT_EQ(format->Decode("sentiment", "\xff", back).error().code, Code::kCorrupt);
}

TEST(ThreeFields, AreReadWithoutASchemaByTheSizeOfTheTime) {
  for (const auto& [written, read_ms] :
       {std::pair<std::int64_t, std::int64_t>{1'600'000'000, 1'600'000'000'000},
        {1'600'000'000'123, 1'600'000'000'123}}) {
    std::string bytes;
    avro::AppendRecord(bytes, [&](auto& sink) {
      sink.Long(written);
      sink.String("hello");
      sink.String("cats");
    });
    PostBatch posts;
    ASSERT_TRUE(DecodeThreeFields(bytes, posts).ok());
    EXPECT_EQ(ToMillis(posts.time[0]), read_ms);
    EXPECT_EQ(posts.content[0], "hello");
    EXPECT_EQ(posts.tasks[0][0], "cats");
    EXPECT_FALSE(DecodeThreeFields(bytes + "x", posts).ok());
    EXPECT_FALSE(DecodeThreeFields(bytes.substr(0, bytes.size() - 1), posts).ok());
    EXPECT_EQ(posts.size(), 1u);
  }
}

TEST(ConfluentFormat, TopicsWithoutARecordTypePassAsTheyAre) {
  MapSource schemas;
  ConfluentFormat format({}, schemas);
  std::string bytes, back;
  ASSERT_TRUE(format.Encode("rescored", "anything", bytes).ok());
  ASSERT_TRUE(format.Decode("rescored", bytes, back).ok());
  EXPECT_EQ(bytes, "anything");
  EXPECT_EQ(back, "anything");
  EXPECT_EQ(schemas.calls, 0);
}

}  // namespace
}  // namespace hb
