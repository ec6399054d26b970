#include "app/config.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "app/catalogue.h"
#include "app/progress_line.h"
#include "app/sentiment_choice.h"
#include "app/table_text.h"
#include "env/env.h"

namespace hb {
namespace {

TEST(Config, AnEmptyFileHasAllDefaults) {
  const auto config = ParseConfig("", "heartbeat.toml");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config.value().listen, "127.0.0.1:8080");
  EXPECT_EQ(config.value().window_sizes_ms,
            (std::vector<std::int64_t>{60'000, 900'000, 3'600'000}));
}

TEST(Config, SentimentIsOneOfThoseThatThereAre) {
  const auto vader = ParseConfig("[analysis]\nsentiment = \"vader\"\n", "heartbeat.toml");
  ASSERT_TRUE(vader.ok());
  ManualClock clock(EventTime{});
  EXPECT_EQ(MakeSentiment(vader.value(), clock).value()->name(), "vader/3.3.2");
  EXPECT_EQ(MakeSentiment(Config{}, clock).value(), nullptr);
  const auto wrong = ParseConfig("[analysis]\nsentiment = \"vaader\"\n", "heartbeat.toml");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("heartbeat.toml:2"), std::string::npos);
  EXPECT_NE(wrong.error().message.find("vader-repaired"), std::string::npos);
  Config http;
  http.analysis_sentiment = "http";
  EXPECT_EQ(MakeSentiment(http, clock).error().code, Code::kInvalidArgument);  // no URL
  http.remote_url = "http://user:pass@127.0.0.1:9/predict?key=secret";
  EXPECT_EQ(MakeSentiment(http, clock).value()->name(), "http/127.0.0.1:9");
  Config words;
  words.analysis_words = "words.tsv";  // that our own models do not read
  EXPECT_EQ(MakeSentiment(words, clock).error().code, Code::kInvalidArgument);
}

TEST(Config, ReadsTheDocumentedExample) {
  setenv("HB_TEST_TOKEN", "secret", 1);
  const auto config = ParseConfig(R"(
data_dir = "elsewhere"
[[source]]
kind = "replay"
path = "posts.csv"
[[task]]
tag  = "RU-UKR"
rule = '(ukraine OR kyiv) lang:en -is:retweet'
[windows]
sizes = ["1m", "2h"]
allowed_lateness = "10m"
[log]
kind = "embedded"
retention = "3d"
sync_every_ms = 5
[[store]]
kind = "duckdb"
retention = "30d"
[serve]
listen = "127.0.0.1:9000"
token = "${HB_TEST_TOKEN}"
)",
                                  "f.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config.value().data_dir, "elsewhere");
  EXPECT_EQ(config.value().sources.at(0).values.at("path"), "posts.csv");
  EXPECT_EQ(config.value().tasks.at(0).tag, "RU-UKR");
  EXPECT_EQ(config.value().window_sizes_ms, (std::vector<std::int64_t>{60'000, 7'200'000}));
  EXPECT_EQ(config.value().log_retention_ms, 3ll * 24 * 3'600'000);
  EXPECT_EQ(config.value().log.values.at("sync_every_ms"), "5");
  EXPECT_EQ(config.value().token, "secret");
  const std::string shown = DescribeConfig(config.value());
  EXPECT_EQ(shown.find("secret"), std::string::npos);
  EXPECT_NE(shown.find("serve.token = ***"), std::string::npos);
  for (const char* line :
       {"\nlog.sync_every_ms = 5  # f.toml:15\n", "\nlog.compress = false  # default\n",
        "\nlog.retention = 3d  # f.toml:14\n", "\nstore.kind = duckdb  # f.toml:16\n",
        "\nstore.retention = 30d  # f.toml:16\n", "\nstore.threads = 1  # default\n",
        "\n[[source]] kind = replay  # f.toml:3\n  path = posts.csv  # f.toml:3\n",
        "\n  speed = recorded  # default\n"}) {
    EXPECT_NE(shown.find(line), std::string::npos) << line << "is not in\n" << shown;
  }
}

TEST(Config, TheExampleOfTheDocumentsIsAcceptedWithEverySetting) {
  const auto page = ReadFile(HB_SOURCE_DIR "/docs/configuration.md");
  ASSERT_TRUE(page.ok());
  const std::size_t begin = page.value().find("```toml\n"), end = page.value().find("\n```", begin);
  ASSERT_NE(begin, std::string::npos);
  setenv("HEARTBEAT_TOKEN", "secret", 1);
  setenv("KAFKA_PASSWORD", "secret", 1);
  const auto config = ParseConfig(std::string_view(page.value()).substr(begin + 8, end - begin - 8),
                                  "configuration.md");
  unsetenv("HEARTBEAT_TOKEN");
  unsetenv("KAFKA_PASSWORD");
  ASSERT_TRUE(config.ok()) << config.error().message;
  for (const ComponentConfig& source : config.value().sources) {
    const auto entry = FindSource(source.kind);
    ASSERT_TRUE(entry.ok()) << entry.error().message;
    const auto settings = Settings::Parse(entry.value()->fields, source.values);
    EXPECT_TRUE(settings.ok()) << settings.error().message;
  }
  EXPECT_EQ(config.value().sources.size(), 1u);
  const auto log =
      Settings::Parse(FindLog(config.value().log.kind).value()->fields, config.value().log.values);
  EXPECT_TRUE(log.ok()) << log.error().message;
  const auto store = Settings::Parse(FindStore(config.value().store.kind).value()->fields,
                                     config.value().store.values);
  EXPECT_TRUE(store.ok()) << store.error().message;
}

struct WrongConfig {
  const char* name;
  const char* text;
  const char* told;
};
constexpr WrongConfig kWrongConfigs[] = {
    {"unknown key", "[serve]\nlistn = \"x\"", "did you mean 'serve.listen'"},
    {"unknown section", "[serv]\nlisten = \"x\"", "unknown key"},
    {"broken file", "a = ", "f.toml:1"},
    {"bad duration", "[windows]\nallowed_lateness = \"ten\"", "windows.allowed_lateness"},
    {"bad size", "[windows]\nsizes = [\"1ms\"]", "at least 1s"},
    {"single bracket", "[task]\ntag = \"a\"", "two brackets"},
    {"half a task", "[[task]]\ntag = \"a\"", "needs tag and rule"},
    {"unknown store", "[[store]]\nkind = \"oracle\"", "f.toml:1: there is no store 'oracle'"},
    {"unknown log", "[log]\nkind = \"embeded\"", "did you mean 'embedded'"},
    {"unset variable", "data_dir = \"${HB_TEST_NO_SUCH}\"", "HB_TEST_NO_SUCH"},
    {"tier", "[analysis]\ntier = \"best\"", "there are fast, accurate, cascade"},
    {"share", "[analysis]\ncpu_share = 1.5", "not a number from 0 to 1"},
};

TEST(Config, SaysWhatIsWrongAndWhere) {
  for (const WrongConfig& wrong : kWrongConfigs) {
    const auto config = ParseConfig(wrong.text, "f.toml");
    ASSERT_FALSE(config.ok()) << wrong.name;
    EXPECT_EQ(config.error().code, Code::kInvalidArgument) << wrong.name;
    EXPECT_NE(config.error().message.find(wrong.told), std::string::npos)
        << wrong.name << ": " << config.error().message;
  }
}

TEST(Config, TheEnvironmentOverridesTheFile) {
  setenv("HEARTBEAT_SERVE_LISTEN", "127.0.0.1:1", 1);
  const auto config = LoadConfig("");
  unsetenv("HEARTBEAT_SERVE_LISTEN");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config.value().listen, "127.0.0.1:1");
  EXPECT_EQ(config.value().origin.at("serve.listen"), "HEARTBEAT_SERVE_LISTEN");
}

TEST(Catalogue, EveryEntryDescribesItself) {
  ASSERT_FALSE(SourceEntries().empty());
  for (const auto* entry : SourceEntries()) {
    EXPECT_FALSE(entry->name.empty());
    EXPECT_FALSE(entry->summary.empty()) << entry->name;
    for (const Field& field : entry->fields)
      EXPECT_FALSE(field.help.empty()) << entry->name << "." << field.name;
  }
  const auto wrong = FindSource("repley");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("did you mean 'replay'"), std::string::npos);
}

TEST(TableText, AlignsAndCuts) {
  EXPECT_EQ(
      TableText({"word", "n"}, {{"caf\xC3\xA9", "5"}, {"a long one\n", "10"}}, {false, true}, 6),
      "word     n\n------  --\ncaf\xC3\xA9     5\na l...  10\n");
}

TEST(ProgressLine, TellsPostsRateShareAndTime) {
  SystemStatus status;
  EXPECT_EQ(ProgressLine::Text(status), "");
  status.posts_total = 1'234'567;
  status.rate = 62'310;
  status.uptime_s = 30;
  SourceStatus source;
  source.live = false;
  source.bytes_done = 25;
  source.bytes_total = 100;
  status.sources.push_back(source);
  EXPECT_EQ(ProgressLine::Text(status), "1,234,567 posts  62,310/s  25 %  1:30 left");
}

TEST(Config, KafkaTakesOurKeysTopicsAndWhatItsClientKnows) {
  setenv("HB_TEST_KAFKA_PASSWORD", "secret", 1);
  const auto config = ParseConfig(R"(
[log]
kind = "kafka"
partitions = 12
[kafka]
servers = ["a:9092", "b:9092"]
format = "confluent"
schema = "classic"
replication_factor = 3
security.protocol = "SASL_SSL"
"sasl.password" = "${HB_TEST_KAFKA_PASSWORD}"
"librdkafka.debug" = "broker"
"linger.ms" = 5
[kafka.topics]
ingest = "twitter_topic_full_en"
[registry]
url = "http://127.0.0.1:8081"
register = false
)",
                                  "heartbeat.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  const KafkaConfig& kafka = config.value().kafka;
  EXPECT_EQ(kafka.servers, "a:9092,b:9092");
  EXPECT_EQ(kafka.format, ValueKind::kConfluent);
  EXPECT_TRUE(kafka.classic);
  EXPECT_EQ(kafka.replication_factor, 3);
  EXPECT_EQ(kafka.topics.at("ingest"), "twitter_topic_full_en");
  const std::map<std::string, std::string> client{{"security.protocol", "SASL_SSL"},
                                                  {"sasl.password", "secret"},
                                                  {"debug", "broker"},
                                                  {"linger.ms", "5"}};
  EXPECT_EQ(kafka.client, client);
  EXPECT_EQ(kafka.registry_url, "http://127.0.0.1:8081");
  EXPECT_FALSE(kafka.registry_register);
  const std::string shown = DescribeConfig(config.value());
  EXPECT_EQ(shown.find("secret"), std::string::npos);
  EXPECT_NE(shown.find("kafka.sasl.password = ***"), std::string::npos) << shown;
  EXPECT_NE(shown.find("kafka.topics.ingest = twitter_topic_full_en"), std::string::npos);
}

TEST(Config, WrongKafkaSettingsPointAtThePlace) {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const Case& test : {
           Case{"[kafka]\nserver = \"x\"\n", "did you mean 'kafka.servers'?"},
           Case{"[kafka]\n\nformat = \"avr\"\n", "t.toml:3: kafka.format"},
           Case{"[kafka]\nschema = \"old\"\n", "neither full nor classic"},
           Case{"[kafka.topics]\nsentimnet = \"x\"\n", "did you mean 'sentiment'?"},
           Case{"[kafka]\nsasl.password = \"hunter2\"\n", "is a secret"},
           Case{"[log]\nkind = \"kafk\"\n", "there is no log 'kafk'"},
           Case{"[log]\nkind = \"kafka\"\nsync_every_ms = 5\n", "log.sync_every_ms"},
       }) {
    const auto config = ParseConfig(test.text, "t.toml");
    ASSERT_FALSE(config.ok()) << test.text;
    EXPECT_EQ(config.error().code, Code::kInvalidArgument);
    EXPECT_NE(config.error().message.find(test.says), std::string::npos) << config.error().message;
    EXPECT_EQ(config.error().message.find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace hb
