// Parsing alone, bytes in memory. Each bench checks what it read before it times.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "wire/csv_posts.h"
#include "wire/csv_reader.h"
#include "wire/export.h"
#include "wire/json_posts.h"

namespace {

using namespace hb;  // NOLINT: a program of its own

constexpr std::size_t kRows = 20'000;

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "wrong result: %s\n", what);
  std::exit(1);
}

std::string Text(std::size_t i) {
  return fmt::format(
      "post {} about rain, trams and \\\"late\\\" coffee near the old harbour #Wet "
      "https://t.example/{:x} 😀",
      i * 7919 % 100'003, i);
}

/// Rows like those of a published archive: about 210 bytes, every seventh text quoted.
std::string Csv() {
  std::string csv =
      "author_id,content,region,language,publish_date,harvested_date,following,followers,updates,"
      "post_type,retweet\n";
  for (std::size_t i = 0; i < kRows; ++i) {
    const bool quote = i % 7 == 0;
    csv += fmt::format(
        "author{},{}post {} about rain trams and late coffee near the old harbour{} #Wet #Tram "
        "https://t.example/{:x}{},United "
        "States,English,2016-10-{:02} 12:{:02}:00,2016-10-01 12:00:01,5756,{},1075,{}\n",
        i % 900, quote ? "\"" : "", i * 7919 % 100'003, quote ? ", said \"\"nobody\"\"" : "", i,
        quote ? "\"" : "", 1 + i % 30, i % 60, i % 5000, i % 3 == 0 ? "R,1" : ",0");
  }
  return csv;
}

std::string XLine(std::size_t i) {
  return fmt::format(
      R"({{"data":{{"id":"{}","text":"{}","created_at":"2016-10-01T12:00:00.000Z","author_id":"{}","lang":"en","conversation_id":"{}",)"
      R"("edit_history_tweet_ids":["{}"],"public_metrics":{{"retweet_count":0,"reply_count":0,"like_count":0,"quote_count":0}},)"
      R"("entities":{{"hashtags":[{{"start":60,"end":64,"tag":"Wet"}}]}}}},"includes":{{"users":[{{"id":"{}","username":"author{}"}}]}},)"
      R"("matching_rules":[{{"id":"1","tag":"weather"}}]}})",
      782'000'000'000'000'000 + i, Text(i), i % 900, 782'000'000'000'000'000 + i,
      782'000'000'000'000'000 + i, i % 900, i % 900);
}

std::string V1Line(std::size_t i) {
  return fmt::format(
      R"({{"created_at":"Sat Oct 01 12:00:00 +0000 2016","id":{0},"id_str":"{0}","text":"{1}","source":"web","truncated":false,)"
      R"("in_reply_to_status_id":null,"user":{{"id":{2},"id_str":"{2}","name":"A","screen_name":"author{2}","verified":false,"followers_count":12}},)"
      R"("geo":null,"coordinates":null,"place":null,"entities":{{"hashtags":[{{"text":"Wet","indices":[1,4]}}],"urls":[]}},"lang":"en"}})",
      782'000'000'000'000'000 + i, Text(i), i % 900);
}

std::string JetstreamLine(std::size_t i) {
  return fmt::format(
      R"({{"did":"did:plc:abcdefghijklmnopqrst{}","time_us":1725911162329308,"kind":"commit","commit":{{"rev":"3l3qo2vutsw2b","operation":"create",)"
      R"("collection":"app.bsky.feed.post","rkey":"3k{}","record":{{"$type":"app.bsky.feed.post","createdAt":"2024-09-09T19:46:02.102Z","langs":["en"],)"
      R"("text":"{}"}},"cid":"bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi"}}}})",
      i % 900, i, Text(i));
}

std::string ExportLine(std::size_t i) {
  PostBatch posts;
  posts.hashtags.Push("Wet");
  const std::string id = fmt::format("{}", 782'000'000'000'000'000 + i), text = Text(i);
  posts.Append({.time = FromMillis(1'475'323'200'000),
                .id = id,
                .source = "replay",
                .content = text,
                .lang = "en",
                .author = "77",
                .handle = "author"});
  std::string line;
  AppendExportLine(posts, 0, line);
  line.pop_back();
  return line;
}

void BM_Csv(benchmark::State& state) {
  const std::string csv = Csv();
  PostBatch posts;
  for (auto _ : state) {
    posts.Clear();
    CsvReader reader({});
    std::string_view rest = csv;
    Require(reader.Next(rest, true) == CsvReader::Step::kRow, "header");
    auto columns = CsvPosts::Create(reader, {});
    rest.remove_prefix(reader.consumed());
    while (reader.Next(rest, true) == CsvReader::Step::kRow) {
      Require(columns.value()
                  .Append(reader, {.source = "bench", .row_id = "0123456789abcdef#1"}, posts)
                  .ok(),
              "row");
      rest.remove_prefix(reader.consumed());
    }
    Require(posts.size() == kRows && posts.country[1] == "US" && posts.content[0].ends_with("/0"),
            "posts");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(csv.size()));
}
BENCHMARK(BM_Csv)->Unit(benchmark::kMillisecond);

/// `text` once, the lines behind each other as in a file, so that none is copied.
void Lines(benchmark::State& state, std::string (*line)(std::size_t)) {
  std::string all;
  std::vector<std::pair<std::size_t, std::size_t>> spans;
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::string one = line(i);
    spans.emplace_back(all.size(), one.size());
    all += one + "\n";
  }
  const std::size_t bytes = all.size();
  all.append(JsonPosts::kPadding, ' ');
  JsonPosts reader;
  PostBatch posts;
  std::vector<Redaction> redactions;
  std::vector<WireFault> faults;
  for (auto _ : state) {
    posts.Clear();
    WireSink sink{.posts = posts, .redactions = redactions, .faults = faults};
    for (const auto& [begin, size] : spans) {
      const Status status =
          reader.Parse(std::string_view(all).substr(begin, size), JsonPosts::kPadding,
                       {.source = "bench", .row_id = "x"}, sink);
      Require(status.ok(), "line");
    }
    Require(posts.size() == kRows && posts.content[7].starts_with("post ") && faults.empty(),
            "posts");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}
void BM_XV2(benchmark::State& state) { Lines(state, XLine); }
void BM_XV1(benchmark::State& state) { Lines(state, V1Line); }
void BM_Jetstream(benchmark::State& state) { Lines(state, JetstreamLine); }
void BM_Export(benchmark::State& state) { Lines(state, ExportLine); }
BENCHMARK(BM_XV2)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_XV1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Jetstream)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Export)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
