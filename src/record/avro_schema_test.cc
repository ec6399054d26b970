#include "record/avro_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "record/avro_control.h"
#include "record/avro_post.h"
#include "record/avro_samples.h"
#include "record/avro_window.h"
#include "record/avro_wire.h"

namespace hb {
namespace {

using avro::AppendRecord;

AvroSchema Parsed(std::string_view json) {
  auto schema = AvroSchema::Parse(json);
  EXPECT_TRUE(schema.ok()) << (schema.ok() ? "" : schema.error().message);
  return std::move(schema).value();
}

template <typename Fields>
std::string Bytes(const Fields& fields) {
  std::string out;
  AppendRecord(out, fields);
  return out;
}

std::string Record(std::string_view fields) {
  return R"({"type":"record","name":"tweet","namespace":"heartbeat","fields":[)" +
         std::string(fields) + "]}";
}

TEST(Schema, EachOfOursParsesAndIsNamed) {
  ASSERT_EQ(AllRecordTypes().size(), 11u);
  for (const RecordType type : AllRecordTypes()) {
    EXPECT_TRUE(AvroSchema::Parse(SchemaText(type)).ok()) << RecordTypeName(type);
    // Our own records resolve to themselves, so each default of ours is encoded here too.
    EXPECT_TRUE(AvroResolver::Create(AvroSchema::Of(type), type).ok()) << RecordTypeName(type);
  }
  EXPECT_EQ(RecordTypeOfTopic("ingest"), RecordType::kTweet);
  EXPECT_EQ(RecordTypeOfTopic("windows"), RecordType::kAggregate);
  EXPECT_EQ(RecordTypeOfTopic("deadletters"), RecordType::kDeadLetter);
  EXPECT_EQ(RecordTypeOfTopic("gaps"), RecordType::kGap);
  EXPECT_EQ(RecordTypeOfTopic(""), std::nullopt);
  EXPECT_EQ(RecordTypeOfTopic("other"), std::nullopt);
}

TEST(Schema, WhatIsNoSchemaIsRefused) {
  for (const char* bad :
       {"", "{", "42", "\"nothing\"", "[]]", R"({"type":"record"})",
        R"({"type":"record","name":"a","fields":[{"name":"x"}]})", R"({"type":"array"})",
        R"({"type":"enum","name":"e"})", R"({"type":"fixed","name":"f"})",
        R"({"type":"record","name":"a","fields":[{"name":"x","type":"unheard"}]})"}) {
    const auto schema = AvroSchema::Parse(bad);
    ASSERT_FALSE(schema.ok()) << bad;
    EXPECT_EQ(schema.error().code, Code::kInvalidArgument) << bad;
  }
  EXPECT_FALSE(AvroSchema::Parse(std::string(AvroSchema::kMaxText + 1, ' ')).ok());
  EXPECT_FALSE(AvroSchema::Parse(std::string(100'000, '[')).ok());
}

TEST(ToJson, ShowsARecordOnOneLine) {
  PostBatch posts;
  posts.urls.Push("https://example.com");
  posts.Append({.time = FromMillis(1'476'000'000'123),
                .content = std::string_view("say \"hi\"\\\n\0\x1f\xf0\x9f\x98\x80", 16),
                .kind = PostKind::kQuote});
  std::string bytes;
  EncodeTweet(posts, 0, bytes);
  const auto json = AvroSchema::Of(RecordType::kTweet).ToJson(bytes);
  ASSERT_TRUE(json.ok()) << json.error().message;
  EXPECT_EQ(
      json.value(),
      R"({"time":1476000000123,"content":"say \"hi\"\\\n\u0000\u001f)"
      "\xf0\x9f\x98\x80"
      R"(","task":"","tasks":[],"rules_version":0,"source":"","id":"","lang":"","author":"","country":"",)"
      R"("kind":"quote","conversation":"","urls":["https://example.com"],"hashtags":[],"handle":"","chain":"",)"
      R"("reply_to":"","repost_of":"","flags":0,"followers":-1,"key":0})");
}

TEST(ToJson, ShowsEveryKindOfType) {
  const AvroSchema schema = Parsed(Record(R"(
    {"name":"n","type":"null"},{"name":"b","type":"boolean"},{"name":"d","type":"double"},
    {"name":"f","type":"float"},{"name":"raw","type":"bytes"},{"name":"bin","type":"bytes"},
    {"name":"fix","type":{"type":"fixed","name":"four","size":4}},{"name":"again","type":"four"},
    {"name":"m","type":{"type":"map","values":"int"}},{"name":"u","type":["null","string"]},
    {"name":"v","type":["null","string"]})"));
  const std::string bytes = Bytes([](auto& sink) {
    sink.Boolean(true);
    sink.Double(0.1);
    sink.Float(std::numeric_limits<float>::infinity());
    sink.Bytes("plain\ttext");
    sink.Bytes(std::string_view("\xff\0", 2));
    for (int i = 0; i < 8; ++i) sink.Boolean(true);
    sink.Long(1);
    sink.String("k");
    sink.Int(-5);
    sink.Long(0);
    sink.Long(0);
    sink.Long(1);
    sink.String("yes");
  });
  const auto json = schema.ToJson(bytes);
  ASSERT_TRUE(json.ok()) << json.error().message;
  EXPECT_EQ(
      json.value(),
      R"({"n":null,"b":true,"d":0.1,"f":null,"raw":"plain\ttext","bin":"base64:/wA=",)"
      R"("fix":"base64:AQEBAQ==","again":"base64:AQEBAQ==","m":{"k":-5},"u":null,"v":"yes"})");
}

TEST(ToJson, EveryOfOursIsShown) {
  samples::Generator generator(1);
  for (int i = 0; i < 100; ++i) {
    std::string bytes;
    EncodeAggregate(generator.Aggregate(), bytes);
    const auto json = AvroSchema::Of(RecordType::kAggregate).ToJson(bytes);
    ASSERT_TRUE(json.ok()) << json.error().message;
    EXPECT_THAT(json.value(), testing::StartsWith("{\"task\":"));
    bytes.resize(bytes.size() / 2);
    EXPECT_EQ(AvroSchema::Of(RecordType::kAggregate).ToJson(bytes).error().code, Code::kCorrupt);
  }
}

TEST(ToJson, ASchemaThatBlowsUpIsStopped) {
  // Thirty records, each with two of the one before: 2^30 values in no bytes.
  std::string schema = R"({"type":"record","name":"r0","fields":[{"name":"a","type":"null"}]})";
  for (int i = 1; i <= 30; ++i) {
    const std::string before = "r" + std::to_string(i - 1);
    schema = R"({"type":"record","name":"r)" + std::to_string(i) +
             R"(","fields":[{"name":"a","type":)" + schema + R"(},{"name":"b","type":")" + before +
             R"("}]})";
  }
  const auto status = Parsed(schema).Check("");
  ASSERT_FALSE(status.ok());
  // The same as a field that we skip.
  const auto resolver = AvroResolver::Create(
      Parsed(Record(
          R"({"name":"bomb","type":)" + schema +
          R"(},{"name":"time","type":"long"},{"name":"content","type":"string"},{"name":"task","type":"string"})")),
      RecordType::kTweet);
  ASSERT_TRUE(resolver.ok()) << resolver.error().message;
  std::string out;
  EXPECT_FALSE(resolver.value().Resolve(std::string("\0\0\0", 3), out).ok());
}

TEST(ToJson, ATypeWithinItselfIsReadAsFarAsBytesGo) {
  const AvroSchema list = Parsed(R"({"type":"record","name":"node","fields":[
      {"name":"value","type":"int"},{"name":"next","type":["null","node"]}]})");
  EXPECT_EQ(list.ToJson(std::string("\2\2\4\0", 4)).value(),
            R"({"value":1,"next":{"value":2,"next":null}})");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "\2\2";
  deep += std::string("\2\0", 2);
  EXPECT_EQ(list.Check(deep).error().code, Code::kCorrupt);
  EXPECT_FALSE(AvroResolver::Create(list, RecordType::kTweet).ok());
  const AvroSchema endless =
      Parsed(R"({"type":"record","name":"e","fields":[{"name":"time","type":"e"}]})");
  EXPECT_FALSE(endless.Check("").ok());
  EXPECT_FALSE(AvroResolver::Create(endless, RecordType::kTweet).ok());
}

TEST(Resolver, OurOwnRecordComesBackByteForByte) {
  samples::Generator generator(2);
  auto resolver = AvroResolver::Create(AvroSchema::Of(RecordType::kTweet), RecordType::kTweet);
  ASSERT_TRUE(resolver.ok()) << resolver.error().message;
  PostBatch posts;
  for (int i = 0; i < 300; ++i) {
    generator.Post(posts);
    std::string bytes, out;
    EncodeTweet(posts, posts.size() - 1, bytes);
    const auto status = resolver.value().Resolve(bytes, out);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(bytes, out);
  }
  auto windows =
      AvroResolver::Create(AvroSchema::Of(RecordType::kAggregate), RecordType::kAggregate);
  ASSERT_TRUE(windows.ok()) << windows.error().message;
  for (int i = 0; i < 100; ++i) {
    std::string bytes, out;
    EncodeAggregate(generator.Aggregate(), bytes);
    const auto status = windows.value().Resolve(bytes, out);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(bytes, out);
  }
}

TEST(Resolver, TheOlderFormIsSeconds) {
  auto resolver =
      AvroResolver::Create(AvroSchema::Of(RecordType::kClassicTweet), RecordType::kTweet);
  ASSERT_TRUE(resolver.ok()) << resolver.error().message;
  const std::string bytes = Bytes([](auto& sink) {
    sink.Int(1'476'000'000);
    sink.String(std::string_view("he\0llo", 6));
    sink.String("RU-UKR");
  });
  std::string out;
  ASSERT_TRUE(resolver.value().Resolve(bytes, out).ok());
  PostBatch posts;
  const auto status = DecodeTweet(out, posts);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(ToMillis(posts.time[0]), 1'476'000'000'000);
  EXPECT_EQ(posts.content[0], std::string_view("he\0llo", 6));
  EXPECT_EQ(posts.tasks[0][0], "RU-UKR");
  EXPECT_EQ(posts.followers[0], -1) << "the default";
  EXPECT_EQ(posts.kind[0], PostKind::kPost);
}

TEST(Resolver, TheOlderSentimentIsSeconds) {
  auto resolver =
      AvroResolver::Create(AvroSchema::Of(RecordType::kClassicSentiment), RecordType::kSentiment);
  ASSERT_TRUE(resolver.ok()) << resolver.error().message;
  std::string out;
  ASSERT_TRUE(resolver.value()
                  .Resolve(Bytes([](auto& sink) {
                             sink.Int(-1);
                             sink.String("T");
                             for (const float share : {0.5f, 0.25f, 0.25f}) sink.Float(share);
                           }),
                           out)
                  .ok());
  SentimentRecord record;
  ASSERT_TRUE(DecodeSentiment(out, record).ok());
  EXPECT_EQ(ToMillis(record.time), -1000);
  EXPECT_EQ(record.pos, 0.5f);
  EXPECT_EQ(record.label, "");
}

TEST(Resolver, FieldsInAnotherOrderWithMoreAndOtherTypes) {
  // Somebody else's producer: long milliseconds, bytes for text, an int for followers, fields we
  // lack.
  const AvroSchema writer =
      Parsed(R"({"type":"record","name":"Message","namespace":"com.example","fields":[
      {"name":"extra","type":{"type":"map","values":["null","double",{"type":"array","items":"string"}]}},
      {"name":"followers","type":"int"},
      {"name":"task","type":"bytes"},
      {"name":"kind","type":{"type":"enum","name":"k","symbols":["quote","post"]}},
      {"name":"content","type":"string"},
      {"name":"more","type":["null",{"type":"record","name":"inner","fields":[{"name":"x","type":"float"}]}]},
      {"name":"time","type":"long"}]})");
  auto resolver = AvroResolver::Create(writer, RecordType::kTweet);
  ASSERT_TRUE(resolver.ok()) << resolver.error().message;
  const std::string bytes = Bytes([](auto& sink) {
    sink.Long(2);
    sink.String("a");
    sink.Long(1);
    sink.Double(1.5);
    sink.String("b");
    sink.Long(2);
    sink.Long(1);
    sink.String("list");
    sink.Long(0);
    sink.Long(0);
    sink.Int(-7);
    sink.Bytes("T");
    sink.Int(0);
    sink.String("text");
    sink.Long(1);
    sink.Float(1);
    sink.Long(1'476'000'000'123);
  });
  std::string out;
  const auto status = resolver.value().Resolve(bytes, out);
  ASSERT_TRUE(status.ok()) << status.error().message;
  PostBatch posts;
  ASSERT_TRUE(DecodeTweet(out, posts).ok());
  EXPECT_EQ(ToMillis(posts.time[0]), 1'476'000'000'123);
  EXPECT_EQ(posts.content[0], "text");
  EXPECT_EQ(posts.tasks[0][0], "T");
  EXPECT_EQ(posts.followers[0], -7);
  EXPECT_EQ(posts.kind[0], PostKind::kQuote) << "symbols are matched by name";
}

TEST(Resolver, IntToLongToFloatToDouble) {
  const auto writer = [](const char* type) {
    return Parsed(
        std::string(R"({"type":"record","name":"trend","fields":[{"name":"time","type":"long"},
      {"name":"scope","type":"string"},{"name":"kind","type":"string"},{"name":"key","type":"string"},
      {"name":"count","type":"int"},{"name":"baseline","type":")") +
        type + R"("},{"name":"score","type":"double"}]})");
  };
  for (const char* type : {"int", "long", "float", "double"}) {
    auto resolver = AvroResolver::Create(writer(type), RecordType::kTrend);
    ASSERT_TRUE(resolver.ok()) << resolver.error().message;
    std::string out;
    const auto status = resolver.value().Resolve(Bytes([&](auto& sink) {
                                                   sink.Long(5);
                                                   for (int i = 0; i < 3; ++i) sink.String("s");
                                                   sink.Int(9);
                                                   if (*type == 'f') {
                                                     sink.Float(42);
                                                   } else if (*type == 'd') {
                                                     sink.Double(42);
                                                   } else {
                                                     sink.Long(42);
                                                   }
                                                   sink.Double(0.5);
                                                 }),
                                                 out);
    ASSERT_TRUE(status.ok()) << type << ": " << status.error().message;
    Trend trend;
    ASSERT_TRUE(DecodeTrend(out, trend).ok());
    EXPECT_EQ(trend.baseline, 42) << type;
    EXPECT_EQ(trend.count, 9u);
    EXPECT_TRUE(trend.active) << "the default";
  }
}

TEST(Resolver, WhatDoesNotFitIsNamed) {
  struct Case {
    const char* name;
    std::string schema;
    const char* says;
  };
  const Case cases[] = {
      {"no content", Record(R"({"name":"time","type":"long"},{"name":"task","type":"string"})"),
       "content"},
      {"time is text",
       Record(
           R"({"name":"time","type":"string"},{"name":"content","type":"string"},{"name":"task","type":"string"})"),
       "time"},
      {"followers is a double",
       Record(R"({"name":"time","type":"long"},{"name":"content","type":"string"},
          {"name":"task","type":"string"},{"name":"followers","type":"double"})"),
       "followers"},
      {"no record", R"("string")", "record"},
  };
  for (const Case& c : cases) {
    const auto resolver = AvroResolver::Create(Parsed(c.schema), RecordType::kTweet);
    ASSERT_FALSE(resolver.ok()) << c.name;
    EXPECT_EQ(resolver.error().code, Code::kInvalidArgument) << c.name;
    EXPECT_THAT(resolver.error().message, testing::HasSubstr(c.says)) << c.name;
  }
}

TEST(Resolver, NamedTypesMayComeInAnyOrderAndDifferWithin) {
  // What crashes libavro's own resolver: a type used again by name, with another field in it.
  std::string text(SchemaText(RecordType::kAggregate));
  const std::string_view key = R"({"name": "key", "type": "string")";
  const std::size_t at = text.find(key);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, key.size(), R"({"name": "k", "type": "string")");
  const auto resolver = AvroResolver::Create(Parsed(text), RecordType::kAggregate);
  ASSERT_FALSE(resolver.ok());
  EXPECT_THAT(resolver.error().message, testing::HasSubstr("languages.counts.key"));

  const AvroSchema reversed = Parsed(R"({"type":"record","name":"w","fields":[
      {"name":"words","type":{"type":"record","name":"c","fields":[{"name":"approximate","type":"boolean"},
        {"name":"counts","type":{"type":"array","items":{"type":"record","name":"one","fields":[
          {"name":"count","type":"int"},{"name":"key","type":"bytes"}]}}}]}},
      {"name":"countries","type":"c"},
      {"name":"partition","type":"int"},{"name":"window_ms","type":"int"},{"name":"window_start","type":"long"},
      {"name":"task","type":"string"}]})");
  auto backwards = AvroResolver::Create(reversed, RecordType::kAggregate);
  ASSERT_TRUE(backwards.ok()) << backwards.error().message;
  std::string out;
  const auto status = backwards.value().Resolve(Bytes([](auto& sink) {
                                                  sink.Boolean(true);
                                                  sink.Long(1);
                                                  sink.Int(7);
                                                  sink.Bytes("w");
                                                  sink.Long(0);
                                                  sink.Boolean(false);
                                                  sink.Long(0);
                                                  sink.Int(3);
                                                  sink.Int(60'000);
                                                  sink.Long(120'000);
                                                  sink.String("T");
                                                }),
                                                out);
  ASSERT_TRUE(status.ok()) << status.error().message;
  Aggregate aggregate;
  ASSERT_TRUE(DecodeAggregate(out, aggregate).ok());
  EXPECT_EQ(aggregate.words.counts, (std::pmr::vector<KeyCount>{{"w", 7}}));
  EXPECT_TRUE(aggregate.words.approximate);
  EXPECT_EQ(aggregate.key.task, "T");
  EXPECT_EQ(ToMillis(aggregate.key.window_start), 120'000);
}

TEST(Resolver, ASymbolWeLackIsRefused) {
  auto resolver = AvroResolver::Create(
      Parsed(Record(
          R"({"name":"time","type":"long"},{"name":"content","type":"string"},{"name":"task","type":"string"},
        {"name":"kind","type":{"type":"enum","name":"k","symbols":["poll","reply"]}})")),
      RecordType::kTweet);
  ASSERT_TRUE(resolver.ok()) << resolver.error().message;
  std::string out;
  EXPECT_EQ(resolver.value().Resolve(std::string("\0\0\0\0", 4), out).error().code, Code::kCorrupt);
  ASSERT_TRUE(resolver.value().Resolve(std::string("\0\0\0\2", 4), out).ok());
  PostBatch posts;
  ASSERT_TRUE(DecodeTweet(out, posts).ok());
  EXPECT_EQ(posts.kind[0], PostKind::kReply);
}

TEST(Resolver, ANullableFieldIsReadWhereItHasAValue) {
  auto resolver = AvroResolver::Create(
      Parsed(Record(
          R"({"name":"time","type":"long"},{"name":"content","type":["null","string"]},{"name":"task","type":"string"})")),
      RecordType::kTweet);
  ASSERT_TRUE(resolver.ok()) << resolver.error().message;
  std::string out;
  ASSERT_TRUE(resolver.value()
                  .Resolve(Bytes([](auto& sink) {
                             sink.Long(1);
                             sink.Long(1);
                             sink.String("text");
                             sink.String("T");
                           }),
                           out)
                  .ok());
  PostBatch posts;
  ASSERT_TRUE(DecodeTweet(out, posts).ok());
  EXPECT_EQ(posts.content[0], "text");
  const std::string before = out;
  const auto status = resolver.value().Resolve(Bytes([](auto& sink) {
                                                 sink.Long(1);
                                                 sink.Long(0);
                                                 sink.String("T");
                                               }),
                                               out);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(out, before);
  // And it is still of use afterwards.
  EXPECT_TRUE(resolver.value()
                  .Resolve(Bytes([](auto& sink) {
                             sink.Long(1);
                             sink.Long(1);
                             sink.String("text");
                             sink.String("T");
                           }),
                           out)
                  .ok());
}

TEST(Resolver, TruncatedAndGarbledBytesAreRefusedNotRead) {
  samples::Generator generator(3);
  auto resolver = AvroResolver::Create(AvroSchema::Of(RecordType::kAnalysis), RecordType::kTweet);
  ASSERT_TRUE(resolver.ok()) << resolver.error().message;
  for (int i = 0; i < 300; ++i) {
    auto posts = std::make_shared<PostBatch>();
    AnalysisBatch batch;
    generator.Post(*posts);
    generator.Results(batch);
    batch.posts = posts;
    std::string bytes, out;
    EncodeAnalysis(batch, 0, bytes);
    ASSERT_TRUE(resolver.value().Resolve(bytes, out).ok());
    out.clear();
    EXPECT_FALSE(
        resolver.value().Resolve(bytes.substr(0, generator.Below(bytes.size())), out).ok());
    EXPECT_TRUE(out.empty());
    bytes[generator.Below(bytes.size())] = static_cast<char>(generator.Bits());
    (void)resolver.value().Resolve(bytes, out);
  }
}

}  // namespace
}  // namespace hb
