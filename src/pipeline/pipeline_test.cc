#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/memory/memory_log.h"
#include "pipeline/codec.h"
#include "pipeline/faulty_log.h"
#include "pipeline/topics.h"
#include "record/identity.h"

namespace hb {
namespace {

using std::chrono::milliseconds;

/// A post or a delete of a script.
struct Line {
  std::string id = "";
  std::int64_t time_ms = 0;
  std::string text = "";
  bool is_delete = false;
  std::string author = "";                 ///< "" is the id
  std::optional<RedactionKind> account{};  ///< an event of `author`
  std::string repost_of = "", chain = "";
  bool is_dead = false;     ///< `text` is what nobody can read
  std::int64_t gap_ms = 0;  ///< not 0: nobody listened for so long before `time_ms`
};

/// Gives a script line by line; its position is the number of lines given.
class ScriptSource : public Source {
 public:
  ScriptSource(std::vector<Line> script, bool exact, std::size_t batch = 100)
      : script_(std::move(script)), exact_(exact), batch_(batch) {}
  [[nodiscard]] std::string Identity() const override { return "script"; }
  [[nodiscard]] bool ExactPositions() const override { return exact_; }
  Status Resume(const Position& position) override {
    at_ = std::stoul(position);
    // A source without exact positions gives some of it again.
    if (!exact_) at_ -= std::min<std::size_t>(at_, 7);
    return Ok();
  }
  Result<PollState> Poll(std::size_t limit, milliseconds, Intake& out) override {
    for (std::size_t n = 0; n < std::min(limit, batch_) && at_ < script_.size(); ++n, ++at_) {
      const Line& line = script_[at_];
      if (line.is_delete) {
        out.redactions.push_back({.time = FromMillis(line.time_ms),
                                  .key = KeyOf(line.id),
                                  .id = line.id,
                                  .source = "script"});
        continue;
      }
      if (line.is_dead) {
        out.dead.push_back(
            {.source = "script", .location = line.id, .reason = "broken", .raw = line.text});
        continue;
      }
      if (line.gap_ms != 0) {
        out.gaps.push_back({.from = FromMillis(line.time_ms - line.gap_ms),
                            .to = FromMillis(line.time_ms),
                            .cause = "script"});
        continue;
      }
      if (line.account) {
        out.redactions.push_back({.time = FromMillis(line.time_ms),
                                  .kind = *line.account,
                                  .author = line.author,
                                  .source = "script"});
        continue;
      }
      PostView post;
      post.id = line.id;
      post.key = KeyOf(line.id);
      post.time = FromMillis(line.time_ms);
      post.source = "script";
      post.content = line.text;
      post.author = line.author.empty() ? line.id : line.author;
      post.chain = line.chain;
      post.repost_of = line.repost_of;
      if (!line.repost_of.empty()) post.kind = PostKind::kRepost;
      out.posts.Append(post);
    }
    out.end = std::to_string(at_);
    return at_ == script_.size() ? PollState::kDone : PollState::kMore;
  }
  Status Acknowledge(const Position&) override { return Ok(); }
  void Stop() noexcept override {}
  [[nodiscard]] std::optional<EventTime> Watermark() const override { return std::nullopt; }

 private:
  const std::vector<Line> script_;
  const bool exact_;
  const std::size_t batch_;
  std::size_t at_ = 0;
};

/// Keeps what it is given, and fails now and then before keeping anything.
class MapStore : public Store {
 public:
  explicit MapStore(unsigned fail_one_in = 0) : fail_one_in_(fail_one_in) {}
  Status Open() override { return Ok(); }
  Result<std::vector<StoreOffset>> Offsets() override { return offsets_; }
  Status Write(const StoreWrite& write) override {
    if (fail_one_in_ > 0 && dice_() % fail_one_in_ == 0)
      return Error{Code::kUnavailable, "the store is away"};
    for (const auto& batch : write.analyses) {
      for (std::size_t row = 0; row < batch->size(); ++row)
        ++posts_[std::string(batch->posts->id[row])];
    }
    const auto keep = [&](const Aggregate& aggregate) {
      Aggregate& kept = windows_[aggregate.key];
      if (aggregate.revision >= kept.revision) kept = aggregate;
    };
    for (const Aggregate& aggregate : write.aggregates) keep(aggregate);
    for (const auto& batch : write.aggregate_batches)
      std::for_each(batch->begin(), batch->end(), keep);
    for (const Redaction& redaction : write.redactions) posts_.erase(redaction.id);
    for (const Gap& gap : write.gaps)
      gaps_[gap.source + " " + std::to_string(ToMillis(gap.from))] = gap;
    for (const StoreOffset& offset : write.offsets) {
      std::erase_if(offsets_, [&](const StoreOffset& o) {
        return o.topic == offset.topic && o.partition == offset.partition;
      });
      offsets_.push_back(offset);
    }
    return Ok();
  }
  Status Prune(EventTime) override { return Ok(); }
  [[nodiscard]] std::int64_t DiskBytes() const override { return 0; }

  /// Windows with their partitions merged, without what may differ between runs.
  [[nodiscard]] std::map<AggregateKey, Aggregate> Merged() const {
    std::map<AggregateKey, Aggregate> merged;
    for (const auto& [key, aggregate] : windows_) {
      if (aggregate.posts == 0) continue;
      AggregateKey whole = key;
      whole.partition = Partition{0};
      const auto [at, fresh] = merged.try_emplace(whole, aggregate);
      if (!fresh) at->second.Merge(aggregate);
      at->second.key = whole;
    }
    for (auto& [key, aggregate] : merged) aggregate.revision = 0;
    return merged;
  }
  std::map<std::string, int> posts_;
  std::map<std::string, Gap> gaps_;
  std::map<AggregateKey, Aggregate> windows_;
  std::vector<StoreOffset> offsets_;

 private:
  const unsigned fail_one_in_;
  std::mt19937 dice_{5};
};

struct RunSetup {
  std::int32_t partitions = 2;
  std::size_t batch = 100;
  bool exact = true;
  unsigned store_fails_one_in = 0, log_fails_one_in = 0;
  int stops = 0;  ///< how often everything is stopped and begun anew on the same log and store
};

/// Runs a script to its end and gives the store.
std::unique_ptr<MapStore> RunScript(const std::vector<Line>& script, const RunSetup& setup,
                                    std::unique_ptr<Log>* keep = nullptr) {
  SystemClock clock;
  const auto chain = AnalysisChain::Create().value();
  auto log = MakeMemoryLog(clock);
  FaultyLog faulty(*log, setup.log_fails_one_in);
  auto store = std::make_unique<MapStore>(setup.store_fails_one_in);
  for (int round = 0; round <= setup.stops; ++round) {
    Pipeline::Options options;
    options.partitions = setup.partitions;
    options.window.redact_every = milliseconds(1);
    options.ingest.max_lag_records = 500;
    auto pipeline = Pipeline::Create(options, {faulty, *store, *chain, clock}).value();
    if (round == 0) {
      EXPECT_TRUE(pipeline->tasks().Put("cats", "cat").ok());
    }
    EXPECT_TRUE(pipeline
                    ->AddSource("script", false,
                                std::make_unique<ScriptSource>(script, setup.exact, setup.batch))
                    .ok());
    EXPECT_TRUE(pipeline->Start().ok());
    if (round < setup.stops) {
      std::this_thread::sleep_for(milliseconds(20 + 10 * round));
    } else {
      for (int wait = 0; wait < 3000; ++wait) {
        const auto drained = pipeline->Drained();
        EXPECT_TRUE(drained.ok());
        if (drained.value()) break;
        std::this_thread::sleep_for(milliseconds(10));
      }
      EXPECT_TRUE(pipeline->Drained().value()) << "the script was not done in time";
    }
    EXPECT_EQ(pipeline->Failure(), "");
    pipeline->Stop();
  }
  EXPECT_EQ(faulty.failed() > 0, setup.log_fails_one_in > 0);
  if (keep != nullptr) *keep = std::move(log);
  return store;
}

std::vector<Line> Script(int posts) {
  std::mt19937 random(3);
  std::vector<Line> script;
  for (int i = 0; i < posts; ++i) {
    const bool cat = random() % 3 == 0;
    script.push_back({.id = "p" + std::to_string(i),
                      .time_ms = 1'600'000'000'000 + i * 700 - static_cast<int>(random() % 90'000),
                      .text = std::string(cat ? "a lovely cat" : "an awful day") + " #tag" +
                              std::to_string(random() % 5)});
  }
  return script;
}

TEST(Pipeline, EveryPostIsStoredOnceAndCounted) {
  const auto store = RunScript(Script(3000), {});
  EXPECT_EQ(store->posts_.size(), 3000u);
  for (const auto& [id, times] : store->posts_) EXPECT_EQ(times, 1) << id;
  std::uint64_t in_minutes = 0, cats = 0;
  for (const auto& [key, aggregate] : store->Merged()) {
    if (key.window_ms != 60'000) continue;
    (key.task == kAllTasks ? in_minutes : cats) += aggregate.posts;
    EXPECT_TRUE(aggregate.is_final);
  }
  EXPECT_EQ(in_minutes, 3000u);
  EXPECT_GT(cats, 500u);
  EXPECT_LT(cats, 1500u);
}

TEST(Pipeline, PartitionsBatchesFaultsAndRestartsAreNotSeen) {
  const std::vector<Line> script = Script(2000);
  const auto plain = RunScript(script, {});
  const RunSetup setups[] = {{.partitions = 1},
                             {.partitions = 8},
                             {.batch = 1},
                             {.store_fails_one_in = 3},
                             {.batch = 300, .log_fails_one_in = 4},
                             {.partitions = 3, .batch = 50, .log_fails_one_in = 6, .stops = 3},
                             {.batch = 10, .stops = 8},
                             {.partitions = 3, .batch = 7, .exact = false, .stops = 5}};
  for (const RunSetup& setup : setups) {
    const auto other = RunScript(script, setup);
    EXPECT_TRUE(other->posts_ == plain->posts_) << "partitions " << setup.partitions << " batch "
                                                << setup.batch << " stops " << setup.stops;
    EXPECT_TRUE(other->Merged() == plain->Merged())
        << "partitions " << setup.partitions << " batch " << setup.batch << " stops "
        << setup.stops;
  }
}

TEST(Pipeline, StoreThatIsAheadOfItsNoteInTheLogIsDone) {
  // As after a kill between the store's last commit and the log's.
  std::unique_ptr<Log> log;
  const auto store = RunScript(Script(300), {}, &log);
  const auto transaction = log->Begin("test").value();
  const std::vector<GroupOffset> offsets = log->GroupOffsets().value();
  for (const GroupOffset& offset : offsets) {
    if (offset.group == kStoreGroup)
      transaction->CommitOffset(kStoreGroup, offset.topic, offset.partition, Offset{0});
  }
  ASSERT_TRUE(transaction->Commit().ok());
  SystemClock clock;
  const auto chain = AnalysisChain::Create().value();
  const auto pipeline = Pipeline::Create({}, {*log, *store, *chain, clock}).value();
  ASSERT_TRUE(
      pipeline->AddSource("script", false, std::make_unique<ScriptSource>(Script(300), true)).ok());
  ASSERT_TRUE(pipeline->Start().ok());
  for (int wait = 0; wait < 1000 && !pipeline->Drained().value(); ++wait)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(pipeline->Drained().value());
}

TEST(Pipeline, RepeatedPostsCountOnce) {
  std::vector<Line> script = Script(300);
  const auto plain = RunScript(script, {});
  const std::vector<Line> again = script;
  script.insert(script.end(), again.begin(), again.begin() + 200);
  const auto doubled = RunScript(script, {.exact = false});
  EXPECT_TRUE(doubled->posts_ == plain->posts_);
  EXPECT_TRUE(doubled->Merged() == plain->Merged());
}

TEST(Pipeline, DeletedPostsLeaveWindowsStoreAndLog) {
  const std::vector<Line> kept = Script(400);
  std::vector<Line> script = kept;
  script.insert(
      script.begin() + 50,
      {.id = "gone-early", .time_ms = kept[50].time_ms, .text = "a cat that nobody shall see"});
  script.insert(script.begin() + 52,
                {.id = "gone-early", .time_ms = kept[50].time_ms, .is_delete = true});
  script.insert(
      script.begin() + 100,
      {.id = "gone-late", .time_ms = kept[100].time_ms, .text = "a cat that nobody shall see"});
  script.push_back({.id = "gone-late", .time_ms = kept[100].time_ms, .is_delete = true});
  script.push_back(
      {.id = "gone-late", .time_ms = kept[100].time_ms, .text = "a cat that nobody shall see"});
  for (const std::size_t batch : {1u, 100u, 1000u}) {
    std::unique_ptr<Log> log;
    const auto store = RunScript(script, {.batch = batch}, &log);
    const auto plain = RunScript(kept, {.batch = batch});
    EXPECT_TRUE(store->posts_ == plain->posts_) << batch;
    EXPECT_TRUE(store->Merged() == plain->Merged()) << batch;
    for (const char* topic : {kIngestTopic, kAnalysisTopic}) {
      for (std::int32_t p = 0; p < 2; ++p) {
        std::vector<FetchedBatch> batches;
        ASSERT_TRUE(log->Read(topic, Partition{p}, Offset{0}, 100 << 20, batches).ok());
        for (const FetchedBatch& b : batches) {
          for (std::size_t row = 0; row < b.records->size(); ++row) {
            EXPECT_EQ(b.records->values[row].find("nobody shall see"), std::string_view::npos)
                << topic;
          }
        }
      }
    }
  }
}

/// True if some value of the topics of posts holds `text`.
bool LogHolds(Log& log, std::string_view text) {
  for (const char* topic : {kIngestTopic, kAnalysisTopic}) {
    for (const TopicInfo& info : log.Topics().value()) {
      if (info.spec.name != topic) continue;
      for (std::int32_t p = 0; p < info.spec.partitions; ++p) {
        std::vector<FetchedBatch> batches;
        EXPECT_TRUE(log.Read(topic, Partition{p}, Offset{0}, 100 << 20, batches).ok());
        for (const FetchedBatch& batch : batches) {
          for (std::size_t row = 0; row < batch.records->size(); ++row) {
            if (batch.records->values[row].find(text) != std::string_view::npos) return true;
          }
        }
      }
    }
  }
  return false;
}

/// Runs `base` with `extra` lines put in at random places, and holds windows and log to those of
/// `kept`.
void ExpectWindowsOf(const std::vector<Line>& base, const std::vector<Line>& extra,
                     const std::vector<Line>& kept_extra) {
  std::vector<Line> kept = base;
  kept.insert(kept.end(), kept_extra.begin(), kept_extra.end());
  const auto plain = RunScript(kept, {});
  std::mt19937 random(11);
  const RunSetup setups[] = {{.batch = 1},
                             {.batch = 1000},
                             {.batch = 10, .stops = 4},
                             {.partitions = 5, .batch = 7},
                             {.partitions = 1, .batch = 3, .exact = false, .stops = 3},
                             {.batch = 50}};
  for (const RunSetup& setup : setups) {
    std::vector<Line> script = base, shuffled = extra;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    std::string order;
    for (const Line& line : shuffled) {
      const std::size_t place = random() % (script.size() + 1);
      script.insert(script.begin() + static_cast<std::ptrdiff_t>(place), line);
      order += " " + (line.id.empty() ? line.author : line.id) + "@" + std::to_string(place);
    }
    std::unique_ptr<Log> log;
    const auto store = RunScript(script, setup, &log);
    EXPECT_TRUE(store->Merged() == plain->Merged())
        << "batch " << setup.batch << " stops " << setup.stops << order;
    EXPECT_FALSE(LogHolds(*log, "nobody shall see")) << order;
  }
}

TEST(Pipeline, AccountEventsTakeTheirPostsOutInAnyOrder) {
  const std::vector<Line> base = Script(200);
  const std::int64_t t = base[100].time_ms;
  const auto post = [&](std::string id, std::int64_t at, std::string author, const char* text) {
    return Line{.id = std::move(id), .time_ms = t + at, .text = text, .author = std::move(author)};
  };
  const auto event = [&](RedactionKind kind, std::int64_t at, std::string author) {
    return Line{.time_ms = t + at, .author = std::move(author), .account = kind};
  };
  const char* hidden = "a cat that nobody shall see";
  const Line after = post("d3", 60'001, "gone", "a new life of a cat"),
             shown = post("h3", 3000, "back", "a cat for all");
  ExpectWindowsOf(base,
                  {post("d1", 0, "gone", hidden), post("d2", 60'000, "gone", hidden), after,
                   event(RedactionKind::kAccountDelete, 60'000, "gone"),
                   event(RedactionKind::kAccountDelete, 1000, "gone"),
                   event(RedactionKind::kAccountShow, 90'000, "gone"), post("h1", 0, "shy", hidden),
                   event(RedactionKind::kAccountShow, 1000, "shy"),
                   event(RedactionKind::kAccountHide, 2000, "shy")},
                  {after});
  // What is shown again counts again, whenever its events came; its bytes in the log do not come
  // back.
  const auto plain = [&] {
    std::vector<Line> kept = base;
    kept.push_back(shown);
    return RunScript(kept, {});
  }();
  const Line hide = event(RedactionKind::kAccountHide, 5000, "back"),
             show = event(RedactionKind::kAccountShow, 6000, "back");
  const std::vector<std::vector<Line>> orders = {{shown, hide, show},
                                                 {hide, shown, show},
                                                 {hide, show, shown},
                                                 {show, hide, shown},
                                                 {shown, show, hide}};
  for (const std::vector<Line>& order : orders) {
    for (const RunSetup& setup :
         {RunSetup{.batch = 1}, RunSetup{.batch = 1000}, RunSetup{.batch = 5, .stops = 6}}) {
      std::vector<Line> script = base;
      for (std::size_t i = 0; i < order.size(); ++i) {
        script.insert(script.begin() + static_cast<std::ptrdiff_t>(20 + 60 * i), order[i]);
      }
      EXPECT_TRUE(RunScript(script, setup)->Merged() == plain->Merged()) << "batch " << setup.batch;
    }
  }
}

TEST(Pipeline, ADeleteTakesRepostsAndVersionsAlongInAnyOrder) {
  const std::vector<Line> base = Script(200);
  const std::int64_t t = base[100].time_ms;
  const char* hidden = "a cat that nobody shall see";
  ExpectWindowsOf(base,
                  {{.id = "o1", .time_ms = t, .text = hidden},
                   {.id = "r1", .time_ms = t + 10, .text = hidden, .repost_of = "o1"},
                   {.id = "o1", .time_ms = t + 20, .is_delete = true},
                   {.id = "v1", .time_ms = t, .text = hidden},
                   {.id = "v2", .time_ms = t + 1, .text = hidden, .chain = "v1"},
                   {.id = "v3", .time_ms = t + 2, .text = hidden, .chain = "v1"},
                   {.id = "v2", .time_ms = t + 20, .is_delete = true}},
                  {});
}

TEST(Tombstones, WithheldAndScrubbedPostsStay) {
  Tombstones tombstones;
  for (const RedactionKind kind : {RedactionKind::kWithheld, RedactionKind::kScrubGeo}) {
    tombstones.Add(Redaction{
        .time = FromMillis(5000), .kind = kind, .key = KeyOf("p1"), .id = "p1", .author = "a"});
  }
  EXPECT_TRUE(tombstones.empty());
}

TEST(Tombstones, NameWhatIsDeletedInBytesThatAreNoPost) {
  Tombstones tombstones;
  tombstones.Add(KeyOf("1346889436626259968"));
  tombstones.Add(KeyOf("at://did:plc:a/app.bsky.feed.post/x"));
  tombstones.Add(KeyOf("123"));
  EXPECT_TRUE(tombstones.Names(R"({"id":"1346889436626259968","text":"cut of)"));
  EXPECT_TRUE(tombstones.Names("7,https://x.example/status/1346889436626259968?s=20,never"));
  EXPECT_TRUE(tombstones.Names(R"({"uri":"at:\/\/did:plc:a\/app.bsky.feed.post\/x",)"));
  EXPECT_FALSE(tombstones.Names("1346889436626259969,123,at://did:plc:a/app.bsky.feed.post/y"));
  EXPECT_FALSE(tombstones.Names(""));
}

TEST(Tombstones, AnAccountIsOneOfItsNetworkAndOfReplays) {
  Tombstones tombstones;
  tombstones.Add(Redaction{.time = FromMillis(5000),
                           .kind = RedactionKind::kAccountDelete,
                           .author = "7",
                           .source = "x_stream"});
  const auto judge = [&](const char* source, std::int64_t time) {
    return tombstones.Judge(PostView{
        .time = FromMillis(time), .key = KeyOf("1"), .id = "1", .source = source, .author = "7"});
  };
  EXPECT_EQ(judge("x_search", 5000), Tombstones::Verdict::kGone);
  EXPECT_EQ(judge("replay", 5000), Tombstones::Verdict::kGone);
  EXPECT_EQ(judge("mastodon", 5000), Tombstones::Verdict::kStays);
  EXPECT_EQ(judge("x_stream", 5001), Tombstones::Verdict::kStays);
}

TEST(Pipeline, ADeletedPostThatNobodyCouldReadIsGoneToo) {
  const std::vector<Line> base = Script(60);
  const Line dead{.id = "f:1",
                  .text = "{\"id\":\"1346889436626259968\",\"text\":\"nobody shall see",
                  .is_dead = true};
  const Line gone{.id = "1346889436626259968", .time_ms = base[0].time_ms, .is_delete = true};
  for (const bool late : {false, true}) {
    for (const std::size_t batch : {1u, 1000u}) {
      std::vector<Line> script = base;
      script.insert(script.begin() + 20, late ? gone : dead);
      script.insert(script.begin() + 40, late ? dead : gone);
      std::unique_ptr<Log> log;
      RunScript(script, {.batch = batch}, &log);
      std::vector<FetchedBatch> batches;
      ASSERT_TRUE(log->Read(kDeadLettersTopic, Partition{0}, Offset{0}, 1 << 20, batches).ok());
      for (const FetchedBatch& letters : batches) {
        for (std::size_t row = 0; row < letters.records->size(); ++row) {
          EXPECT_EQ(letters.records->values[row].find("nobody shall see"), std::string_view::npos)
              << late << batch;
        }
      }
    }
  }
}

TEST(Pipeline, AGapOfASourceComesToTheStoreOnceUnderItsName) {
  std::vector<Line> script = Script(50);
  script.insert(script.begin() + 20, {.time_ms = script[20].time_ms, .gap_ms = 5000});
  script.push_back(
      {.time_ms = script[49].time_ms, .gap_ms = 700});  // a gap alone is worth a commit
  for (const RunSetup& setup :
       {RunSetup{}, RunSetup{.batch = 1}, RunSetup{.batch = 10, .stops = 4}}) {
    const auto store = RunScript(script, setup);
    ASSERT_EQ(store->gaps_.size(), 2u);
    for (const auto& [name, gap] : store->gaps_) {
      EXPECT_EQ(gap.source, "script:script");
      EXPECT_EQ(gap.cause, "script");
      EXPECT_EQ((gap.to - gap.from).count() % 700,
                gap.to == FromMillis(script.back().time_ms) ? 0 : 100);
    }
  }
}

TEST(Upkeep, TrimsWhatIsPastItsRetention) {
  ManualClock clock(FromMillis(1'000'000));
  StatusBoard board;
  auto log = MakeMemoryLog(clock);
  ASSERT_TRUE(log->EnsureTopic({.name = "t", .retention_ms = 1000}).ok());
  auto batch = std::make_shared<RecordBatch>();
  batch->Append(1, FromMillis(5), "old");
  auto transaction = log->Begin("test").value();
  ASSERT_TRUE(transaction->Append("t", Partition{0}, batch).ok());
  ASSERT_TRUE(transaction->Commit().ok());
  clock.Advance(milliseconds(5000));
  Upkeep upkeep({.trim_every = milliseconds(1), .purge_every = milliseconds(1)}, *log, clock,
                board);
  upkeep.Start();
  for (int wait = 0;
       wait < 1000 && log->Topics().value().front().partitions.front().begin == Offset{0}; ++wait) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  upkeep.Stop();
  EXPECT_EQ(log->Topics().value().front().partitions.front().begin, Offset{1});
  EXPECT_FALSE(upkeep.failed());
}

TEST(TaskRegistry, KeepsRevisionsAndRefusesWrongRules) {
  SystemClock clock;
  auto log = MakeMemoryLog(clock);
  ASSERT_TRUE(log->EnsureTopic({.name = kTasksTopic}).ok());
  {
    const auto registry = TaskRegistry::Open(*log, clock).value();
    EXPECT_EQ(registry->Put("a", "cat").value().revision, 1u);
    EXPECT_EQ(registry->Put("a", "dog").value().revision, 2u);
    EXPECT_EQ(registry->Put("*", "cat").error().code, Code::kInvalidArgument);
    EXPECT_EQ(registry->Put("b", "cat OR").error().code, Code::kInvalidArgument);
    EXPECT_EQ(registry->Remove("b").error().code, Code::kNotFound);
    EXPECT_TRUE(registry->Put("b", "bird").ok());
    EXPECT_TRUE(registry->Remove("b").ok());
  }
  const auto again = TaskRegistry::Open(*log, clock).value();
  ASSERT_EQ(again->Active().size(), 1u);
  EXPECT_EQ(again->Active().front().rule, "dog");
  EXPECT_EQ(again->rules()->version(), 4u);
  EXPECT_EQ(again->History().size(), 4u);
}

}  // namespace

TEST(StatusBoard, TellsHowFarBothPostsAndTheirWindowsAreStored) {
  StatusBoard board;
  EXPECT_FALSE(board.StoredUntil());
  const auto window = [](std::int64_t start, std::int64_t size) {
    Aggregate made;
    made.key.window_start = FromMillis(start);
    made.key.window_ms = size;
    return made;
  };
  auto posts = std::make_shared<PostBatch>();
  posts->time = {FromMillis(150'000), FromMillis(290'000), FromMillis(200'000)};
  AnalysisBatch batch;
  batch.posts = posts;
  board.NoteStored(batch);
  EXPECT_EQ(ToMillis(board.StoredUntil().value()), 290'000);
  // The hour that holds all of them says nothing; its minutes do.
  board.NoteStored(std::vector{window(0, 3'600'000), window(120'000, 60'000)});
  EXPECT_EQ(ToMillis(board.StoredUntil().value()), 179'999);
  board.NoteStored(std::vector{window(240'000, 60'000), window(60'000, 60'000)});
  EXPECT_EQ(ToMillis(board.StoredUntil().value()), 290'000) << "no further than the newest post";
}

}  // namespace hb
