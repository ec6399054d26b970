#include "source/replay/replay_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "env/temporary_folder.h"
#include "source/replay/entry.h"

namespace hb {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

const std::string kShared = HB_SOURCE_DIR "/../shared/data/";

std::string Gzip(std::string_view text) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + text.size() / 100 + 1024, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string Zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

ReplaySource::Options File(std::string path) {
  ReplaySource::Options options;
  options.path = std::move(path);
  return options;
}

/// What a source gave, as lines that can be compared.
struct Given {
  std::vector<std::string> posts, dead, redactions;
  std::vector<std::string> reasons, raws;
  std::string end;
  Status status = Ok();
};

void Add(const Intake& in, Given& given) {
  for (std::size_t i = 0; i < in.posts.size(); ++i) {
    const PostView post = in.posts.Row(i);
    given.posts.push_back(std::string(post.id) + "|" + std::string(post.content));
  }
  for (const DeadLetter& dead : in.dead) {
    EXPECT_EQ(dead.source, "replay");
    given.dead.push_back(dead.location);
    given.reasons.push_back(dead.reason);
    given.raws.push_back(dead.raw);
  }
  for (const Redaction& redaction : in.redactions)
    given.redactions.push_back(redaction.id + redaction.author);
  given.end = in.end;
}

class Replay : public ::testing::Test {
 protected:
  std::unique_ptr<ReplaySource> Over(std::string_view bytes, ReplaySource::Options options = {},
                                     std::size_t piece = 64 * 1024) {
    auto source =
        ReplaySource::CreateOver(MemoryInput(bytes, piece), "f", "d", std::move(options), env_);
    EXPECT_TRUE(source.ok());
    return std::move(source).value();
  }

  Given Drain(ReplaySource& source, std::size_t limit = 500) {
    Given given;
    Intake in;
    for (std::size_t polls = 0; polls < 1'000'000; ++polls) {
      in.Clear();
      auto state = source.Poll(limit, milliseconds(0), in);
      EXPECT_LE(in.posts.size(), limit);
      if (!state.ok()) {
        given.status = state.error();
        return given;
      }
      Add(in, given);
      if (state.value() == PollState::kDone) return given;
    }
    ADD_FAILURE() << "never done";
    return given;
  }

  Given All(std::string_view bytes, ReplaySource::Options options = {}, std::size_t limit = 500) {
    return Drain(*Over(bytes, std::move(options)), limit);
  }

  ManualClock clock_{FromMillis(1'700'000'000'000)};
  Env env_{clock_, "/tmp"};
};

constexpr std::string_view kCsv =
    "text,date\n"
    "one,2016-08-01\n"
    "two,never\n"
    "\"three\nlines\nlong\",2016-08-01\n"
    "four\n"
    "\"fi\"\"ve\",2016-08-02\n";

TEST_F(Replay, RowsArePostsOrDeadLettersAndTheNextOneFollows) {
  const Given given = All(kCsv);
  EXPECT_EQ(given.posts,
            (std::vector<std::string>{"d#1|one", "d#3|three\nlines\nlong", "d#5|fi\"ve"}));
  EXPECT_EQ(given.dead, (std::vector<std::string>{"f:3", "f:7"}));
  EXPECT_THAT(given.reasons[0], HasSubstr("field date"));
  EXPECT_EQ(given.raws, (std::vector<std::string>{"two,never", "four"}));
}

/// Small inputs of our own, one a format; `posts`, `dead` and `redactions` are what they hold.
struct Fixture {
  const char* name;
  std::string text;
  std::size_t posts, dead, redactions;
};
std::vector<Fixture> Fixtures() {
  const std::string x = R"({"data":{"id":"1346889436626259968","text":"a"},"includes":{}})";
  const std::string body = R"({"data":[{"id":"1346889436626259968","text":"a"},{"id":"2"},
    {"id":"1346889436626259970","text":"c"},{"id":"1346889436626259971","text":"d",
     "edit_history_tweet_ids":["1346889436626259967","1346889436626259971"]}]})";
  std::string flat;
  for (const char c : body) flat += c == '\n' ? ' ' : c;
  return {
      {"csv", std::string(kCsv), 3, 2, 0},
      {"csv with CRLF and BOM", "\xEF\xBB\xBFtext,date\r\na,2016-08-01\r\nb,2016-08-01\r\n", 2, 0,
       0},
      {"tsv", "date\ttext\n2016-08-01\tsay \"hi\n2016-08-01\tb\n", 2, 0, 0},
      {"semicolons", "date;text\n2016-08-01;a, b\n", 1, 0, 0},
      {"X stream", x + "\r\n\r\n" + x + "\r\n" + R"({"data":{"id":"13468)" + "\r\n" + x, 3, 1, 0},
      {"X bodies", flat + "\n" + flat + "\n" + x + "\n", 7, 2, 2},
      {"X body over lines", body, 3, 1, 1},
      {"array of X posts", "[" + x + ",\n" + x + ",{}]", 2, 1, 0},
      {"X v1.1",
       R"({"created_at":"Wed Aug 27 13:08:45 +0000 2008","id_str":"9","text":"a","user":{"screen_name":"u"}})"
       "\n"
       R"({"delete":{"status":{"id_str":"9","user_id_str":"1"}}})"
       "\n",
       1, 0, 1},
      {"Jetstream",
       R"({"did":"did:x","time_us":1725911162329308,"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"1","record":{"text":"a","createdAt":"2024-09-09T19:46:02Z"}}})"
       "\n"
       R"({"did":"did:x","time_us":1725911162329308,"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.like","rkey":"1","record":{}}})"
       "\n"
       R"({"did":"did:x","time_us":1725911162329308,"kind":"account","account":{"active":false,"status":"deleted"}})"
       "\n",
       1, 0, 1},
      {"export",
       R"({"time":"2016-08-01T00:00:00.000Z","id":"q","kind":"reply","content":"a"})"
       "\n"
       R"({"redaction":"delete","time":"2016-08-01T00:00:00.000Z","id":"q"})"
       "\n",
       1, 0, 1},
      {"flat JSON", "{\"body\":\"a\",\"created\":\"2016-08-01\"}\n{\"body\":\"b\"}\n", 1, 1, 0},
      {"one of each",
       x + "\n" + R"({"delete":{"status":{"id_str":"9"}}})" + "\n{}\nnonsense\n" +
           R"({"body":"b","created":"2016-08-01"})",
       2, 2, 1},
      {"empty", "", 0, 0, 0},
      {"blank", "\n \n\n", 0, 0, 0},
  };
}

TEST_F(Replay, EveryFormatIsRecognisedByItself) {
  for (const Fixture& fixture : Fixtures()) {
    const Given plain = All(fixture.text);
    ASSERT_TRUE(plain.status.ok()) << fixture.name << ": " << plain.status.error().message;
    EXPECT_EQ(plain.posts.size(), fixture.posts) << fixture.name;
    EXPECT_EQ(plain.dead.size(), fixture.dead) << fixture.name;
    EXPECT_EQ(plain.redactions.size(), fixture.redactions) << fixture.name;
  }
}

TEST_F(Replay, PackingPieceSizeAndLimitChangeNothing) {
  for (const Fixture& fixture : Fixtures()) {
    const Given want = All(fixture.text);
    for (const std::string& bytes : {fixture.text, Gzip(fixture.text), Zstd(fixture.text),
                                     Gzip(fixture.text.substr(0, fixture.text.size() / 2)) +
                                         Gzip(fixture.text.substr(fixture.text.size() / 2))}) {
      for (const std::size_t piece : {1, 3, 64 * 1024}) {
        for (const std::size_t limit : {1, 2, 500}) {
          const Given given = Drain(*Over(bytes, {}, piece), limit);
          EXPECT_EQ(given.posts, want.posts) << fixture.name << " by " << piece;
          EXPECT_EQ(given.dead, want.dead) << fixture.name << " by " << piece;
          EXPECT_EQ(given.redactions, want.redactions) << fixture.name;
        }
      }
    }
  }
}

TEST_F(Replay, ResumingAnywhereNeitherLosesNorRepeats) {
  for (const Fixture& fixture : Fixtures()) {
    for (const std::string& bytes : {fixture.text, Gzip(fixture.text), Zstd(fixture.text)}) {
      for (const std::size_t limit : {1, 2}) {
        const Given want = All(bytes);
        auto source = Over(bytes);
        Given before;
        Intake in;
        for (bool done = false; !done;) {
          in.Clear();
          auto state = source->Poll(limit, milliseconds(0), in);
          ASSERT_TRUE(state.ok());
          done = state.value() == PollState::kDone;
          Add(in, before);
          ASSERT_LT(in.end.size(), 4096u);

          auto resumed = Over(bytes);
          ASSERT_TRUE(resumed->Resume(in.end).ok()) << in.end;
          const Given after = Drain(*resumed, 500);
          Given both = before;
          both.posts.insert(both.posts.end(), after.posts.begin(), after.posts.end());
          both.dead.insert(both.dead.end(), after.dead.begin(), after.dead.end());
          both.redactions.insert(both.redactions.end(), after.redactions.begin(),
                                 after.redactions.end());
          EXPECT_EQ(both.posts, want.posts) << fixture.name << " at " << in.end;
          EXPECT_EQ(both.dead, want.dead) << fixture.name << " at " << in.end;
          EXPECT_EQ(both.redactions, want.redactions) << fixture.name << " at " << in.end;
        }
      }
    }
  }
}

TEST_F(Replay, APositionOfAnotherFileIsRefused) {
  for (const char* position : {"", "replay1", "replay1 other 0 0 0 0 0 0", "replay1 d x 0 0 0 0 0",
                               "replay1 d 0 0 0", "demo1 1 0 0"}) {
    auto source = Over(kCsv);
    EXPECT_EQ(source->Resume(position).error().code, Code::kInvalidArgument) << position;
  }
}

TEST_F(Replay, ACutOffPackIsOneDeadLetterBehindItsRows) {
  std::string text = "text,date\n";
  for (int i = 0; i < 2000; ++i) text += "post " + std::to_string(i * 7919) + ",2016-08-01\n";
  for (const std::string& whole : {Gzip(text), Zstd(text)}) {
    for (const double part : {0.3, 0.9}) {
      const std::string cut =
          whole.substr(0, static_cast<std::size_t>(static_cast<double>(whole.size()) * part));
      const Given given = All(cut);
      ASSERT_TRUE(given.status.ok());
      ASSERT_EQ(given.dead.size(), 1u) << part;
      EXPECT_THAT(given.reasons[0], HasSubstr("cut off"));
      EXPECT_THAT(given.reasons[0], HasSubstr("byte " + std::to_string(cut.size())));
      for (std::size_t i = 0; i < given.posts.size(); ++i) {
        EXPECT_EQ(given.posts[i],
                  "d#" + std::to_string(i + 1) + "|post " + std::to_string(i * 7919));
      }
      auto resumed = Over(cut);
      ASSERT_TRUE(resumed->Resume(given.end).ok());
      const Given after = Drain(*resumed);
      EXPECT_TRUE(after.posts.empty() && after.dead.empty())
          << "what was said at the end is not repeated";
    }
  }
  // Enough to know that rows before the cut are kept.
  EXPECT_GT(All(Gzip(text).substr(0, Gzip(text).size() - 4)).posts.size(), 1990u);
}

TEST_F(Replay, ADamagedPackKeepsWhatCameBefore) {
  std::string text = "text,date\n";
  for (int i = 0; i < 200'000; ++i)
    text += "post " + std::to_string(i * 7919 % 100'003) + ",2016-08-01\n";
  std::string bytes = Gzip(text);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  const Given given = All(bytes);
  ASSERT_TRUE(given.status.ok());
  ASSERT_FALSE(given.reasons.empty());
  EXPECT_THAT(given.reasons.back(), HasSubstr("gzip: "));
  EXPECT_GT(given.posts.size(), 10'000u);

  const Given trailing = All(Gzip(kCsv) + "and then some");
  EXPECT_EQ(trailing.posts.size(), 3u);
  ASSERT_EQ(trailing.reasons.size(), 3u);
  EXPECT_THAT(trailing.reasons.back(), HasSubstr("other bytes follow"));
  EXPECT_EQ(All(Gzip(kCsv) + std::string(700, '\0')).dead.size(), 2u) << "padding is no damage";
}

TEST_F(Replay, AWrongChecksumOfZstdKeepsTheTextBeforeIt) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string bytes(4096, '\0');
  bytes.resize(ZSTD_compress2(context, bytes.data(), bytes.size(), kCsv.data(), kCsv.size()));
  ZSTD_freeCCtx(context);
  ASSERT_EQ(All(bytes).dead.size(), 2u);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  for (const std::size_t piece : {1, 100'000}) {  // found by fuzzing: all at once, nothing was kept
    const Given given = Drain(*Over(bytes, {}, piece));
    EXPECT_EQ(given.posts.size(), 3u) << piece;
    ASSERT_EQ(given.reasons.size(), 3u) << piece;
    EXPECT_THAT(given.reasons[2], HasSubstr("zstd: damaged"));
  }
}

TEST_F(Replay, ABombEndsCleanlyAndIsNotHeld) {
  // 512 MiB of nothing, 1000 : 1, as one line behind a good row.
  for (const bool newlines : {false, true}) {
    std::string head = "text,date\ngood,2016-08-01\n";
    std::string packed;
    z_stream z{};
    ASSERT_EQ(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    std::string block(1 << 20, newlines ? '\n' : 'x');
    std::string out(1 << 20, '\0');
    const auto feed = [&](std::string& bytes, int flush) {
      z.next_in = reinterpret_cast<Bytef*>(bytes.data());
      z.avail_in = static_cast<uInt>(bytes.size());
      do {
        z.next_out = reinterpret_cast<Bytef*>(out.data());
        z.avail_out = static_cast<uInt>(out.size());
        deflate(&z, flush);
        packed.append(out, 0, out.size() - z.avail_out);
      } while (z.avail_out == 0);
    };
    feed(head, Z_NO_FLUSH);
    for (int i = 0; i < 128; ++i) feed(block, i == 127 ? Z_FINISH : Z_NO_FLUSH);
    deflateEnd(&z);
    const std::uint64_t before = PeakMemoryBytes();
    const Given given = All(packed);
    ASSERT_TRUE(given.status.ok());
    EXPECT_EQ(given.posts.size(), 1u);
    ASSERT_FALSE(given.reasons.empty());
    EXPECT_THAT(given.reasons.back(), HasSubstr("taken for a bomb"));
    EXPECT_LE(given.dead.size(), 2u);
    EXPECT_LT(PeakMemoryBytes() - before, 64u << 20);
    ReplaySource::Options trusting;
    trusting.max_ratio = 100'000;
    for (const std::string& reason : All(packed, trusting).reasons)
      EXPECT_THAT(reason, ::testing::Not(HasSubstr("bomb")));
  }
}

TEST_F(Replay, AnEndlessLineIsADeadLetterAndTheNextOneFollows) {
  const std::string good = R"({"text":"good","date":"2016-08-01"})";
  const Given given =
      All(good + "\n{\"text\":\"" + std::string(5 << 20, 'x') + "\"}\n" + good + "\n");
  EXPECT_EQ(given.posts.size(), 2u);
  ASSERT_EQ(given.dead.size(), 1u);
  EXPECT_EQ(given.dead[0], "f:2");
  EXPECT_THAT(given.reasons[0], HasSubstr("longer than allowed (max_row_bytes is 4194304)"));
  EXPECT_EQ(given.raws[0].size(), DeadLetter::kMaxRawBytes);
}

TEST_F(Replay, FilesThatCannotBeReadSayWhy) {
  struct Case {
    const char* name;
    std::string text;
    const char* why;
  };
  const Case cases[] = {
      {"no columns", "a,b\n1,2\n", "--map content=COLUMN,time=COLUMN"},
      {"UTF-16", std::string("\xFF\xFEt\0e\0", 6), "UTF-16"},
      {"zip", "PK\x03\x04....", "zip archive"},
      {"bzip2", "BZh91AY", "bzip2 archive"},
      {"xz",
       "\xFD"
       "7zXZ",
       "xz archive"},
      {"SSE", "event: update\ndata: {}\n\n", "server-sent events"},
  };
  for (const Case& c : cases) {
    const Given given = All(c.text);
    ASSERT_FALSE(given.status.ok()) << c.name;
    EXPECT_EQ(given.status.error().code, Code::kInvalidArgument) << c.name;
    EXPECT_THAT(given.status.error().message, HasSubstr(c.why)) << c.name;
  }
}

TEST_F(Replay, TheMapAndTheFormatCanBeSaid) {
  ReplaySource::Options options;
  options.map = {{"content", "b"}, {"time", "a"}};
  EXPECT_EQ(All("a,b,text\n2016-08-01,yes,no\n", options).posts,
            (std::vector<std::string>{"d#1|yes"}));
  EXPECT_EQ(All("{\"a\":\"2016-08-01\",\"b\":\"yes\",\"text\":\"no\"}\n", options).posts,
            (std::vector<std::string>{"d#1|yes"}));
  options = {};
  options.format = "csv";
  EXPECT_EQ(All("{text},date,text\nno,2016-08-01,yes\n", options).posts,
            (std::vector<std::string>{"d#1|yes"}));
}

TEST_F(Replay, TheWatermarkFollowsTheNewestPostAndEndsAtTheEnd) {
  ReplaySource::Options options;
  options.disorder = milliseconds(1000);
  auto source = Over("text,date\na,1000000010\nb,1000000005\nc,1000000020\n", options);
  EXPECT_FALSE(source->Watermark().has_value());
  Intake in;
  ASSERT_TRUE(source->Poll(1, milliseconds(0), in).ok());
  EXPECT_EQ(ToMillis(*source->Watermark()), 1000000009000);
  in.Clear();
  ASSERT_TRUE(source->Poll(1, milliseconds(0), in).ok());
  EXPECT_EQ(ToMillis(*source->Watermark()), 1000000009000) << "never goes back";
  const Position middle = in.end;
  auto resumed = Over("text,date\na,1000000010\nb,1000000005\nc,1000000020\n", options);
  ASSERT_TRUE(resumed->Resume(middle).ok());
  in.Clear();
  ASSERT_TRUE(resumed->Poll(1, milliseconds(0), in).ok());
  EXPECT_EQ(ToMillis(*resumed->Watermark()), 1000000019000);
  Drain(*source);
  EXPECT_EQ(*source->Watermark(), EventTime::max());
  EXPECT_EQ(source->GetProgress().rows, 3u);
  EXPECT_EQ(source->GetProgress().posts, 3u);
  EXPECT_EQ(source->GetProgress().bytes_done, source->GetProgress().bytes_total);
}

TEST_F(Replay, PacedPostsComeWhenTheirTimeHasPassed) {
  ReplaySource::Options options;
  options.speed = 10;
  auto source =
      Over("text,date\na,1000000000\nb,1000000005\nbad,x\nc,1000000004\nd,1000000020\n", options);
  const auto poll = [&] {
    Intake in;
    auto state = source->Poll(100, milliseconds(0), in);
    EXPECT_TRUE(state.ok());
    Given given;
    Add(in, given);
    std::string all;
    for (const std::string& post : given.posts) all += post.substr(post.find('|') + 1);
    for (std::size_t i = 0; i < given.dead.size(); ++i) all += "!";
    return all;
  };
  EXPECT_EQ(poll(), "a");
  clock_.Advance(milliseconds(499));
  EXPECT_EQ(poll(), "");
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(poll(), "bc!") << "a post behind the newest one is due at once";
  clock_.Advance(milliseconds(1499));
  EXPECT_EQ(poll(), "");
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(poll(), "d");
  Intake in;
  EXPECT_EQ(source->Poll(100, milliseconds(0), in).value(), PollState::kDone);
}

TEST_F(Replay, PacedAndFastGiveTheSame) {
  for (const Fixture& fixture : Fixtures()) {
    ReplaySource::Options options;
    options.speed = 1e9;
    const Given want = All(fixture.text);
    auto source = Over(fixture.text, options);
    Given given;
    for (int i = 0; i < 1000; ++i) {
      Intake in;
      auto state = source->Poll(2, milliseconds(0), in);
      ASSERT_TRUE(state.ok());
      Add(in, given);
      if (state.value() == PollState::kDone) break;
      clock_.Advance(milliseconds(10'000));
    }
    EXPECT_EQ(given.posts, want.posts) << fixture.name;
    EXPECT_EQ(given.dead, want.dead) << fixture.name;
    EXPECT_EQ(given.redactions, want.redactions) << fixture.name;
  }
}

TEST_F(Replay, StopEndsAWaitingPoll) {
  SystemClock clock;
  Env env{clock, "/tmp"};
  ReplaySource::Options options;
  options.speed = 1;
  auto made = ReplaySource::CreateOver(MemoryInput("text,date\na,1000000000\nb,1000009999\n", 100),
                                       "f", "d", options, env);
  ASSERT_TRUE(made.ok());
  auto& source = *made.value();
  Intake in;
  ASSERT_TRUE(source.Poll(10, milliseconds(0), in).ok());
  std::thread stopper([&] {
    std::this_thread::sleep_for(milliseconds(30));
    source.Stop();
  });
  const auto before = clock.Steady();
  in.Clear();
  EXPECT_EQ(source.Poll(10, milliseconds(20'000), in).error().code, Code::kCancelled);
  EXPECT_LT(clock.Steady() - before, std::chrono::seconds(5));
  stopper.join();
  EXPECT_EQ(source.Poll(10, milliseconds(0), in).error().code, Code::kCancelled);
}

TEST_F(Replay, APipeIsReadAsItComes) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto put = [&](std::string_view text) {
    ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  };
  auto source = ReplaySource::Create(File("/dev/fd/" + std::to_string(ends[0])), env_);
  ASSERT_TRUE(source.ok()) << source.error().message;
  Intake in;
  EXPECT_EQ(source.value()->Poll(10, milliseconds(1), in).value(), PollState::kIdle);
  put("text,date\none,2016-08-01\ntw");
  in.Clear();
  ASSERT_TRUE(source.value()->Poll(10, milliseconds(10), in).ok());
  EXPECT_EQ(in.posts.size(), 1u);
  in.Clear();
  EXPECT_EQ(source.value()->Poll(10, milliseconds(1), in).value(), PollState::kIdle);
  put("o,2016-08-01\n");
  close(ends[1]);
  const Given given = Drain(*source.value());
  ASSERT_EQ(given.posts.size(), 1u);
  EXPECT_THAT(given.posts[0], HasSubstr("#2|two"));
  close(ends[0]);
}

TEST_F(Replay, AFileIsKnownByItsContentNotItsName) {
  const TemporaryFolder made;
  const std::string folder = made.path() + "/";
  const auto write = [&](const std::string& name, std::string_view text) {
    std::ofstream(folder + name, std::ios::binary) << text;
    return folder + name;
  };
  const std::string a = write("hb_a.csv", kCsv), b = write("hb_b.csv", kCsv),
                    c = write("hb_c.csv", std::string(kCsv) + "x,2016-08-01\n");
  const auto identity = [&](const std::string& path) {
    auto source = ReplaySource::Create(File(path), env_);
    EXPECT_TRUE(source.ok());
    return source.value()->Identity();
  };
  EXPECT_EQ(identity(a), identity(b));
  EXPECT_NE(identity(a), identity(c));
  EXPECT_LE(identity(a).size(), 200u);
  EXPECT_EQ(ReplaySource::Create(File(b), env_).value()->Title(), "hb_b.csv") << "for people";
  EXPECT_EQ(ReplaySource::Create(File(folder + "hb_none.csv"), env_).error().code, Code::kNotFound);
  EXPECT_EQ(ReplaySource::Create(File(folder), env_).error().code, Code::kInvalidArgument);
}

TEST_F(Replay, TheEntryChecksItsSettings) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/entry.csv";
  std::ofstream(path) << kCsv;
  const auto make = [&](std::map<std::string, std::string, std::less<>> values) -> Status {
    values.emplace("path", path);
    HB_ASSIGN(const Settings settings, Settings::Parse(source_replay::kEntry.fields, values));
    HB_ASSIGN(const std::unique_ptr<Source> source, source_replay::kEntry.make(settings, env_));
    return Ok();
  };
  EXPECT_TRUE(make({}).ok());
  for (const char* speed : {"recorded", "1", "10", "10x", "0.5", "max"})
    EXPECT_TRUE(make({{"speed", speed}}).ok()) << speed;
  for (const char* speed : {"", "0", "-1", "fast", "1e99", "nan"})
    EXPECT_FALSE(make({{"speed", speed}}).ok()) << speed;
  EXPECT_FALSE(make({{"format", "xml"}}).ok());
  EXPECT_FALSE(make({{"map", "content"}}).ok());
  EXPECT_FALSE(make({{"map", "content=nowhere"}}).ok());
  EXPECT_FALSE(make({{"max_row_bytes", "10"}}).ok());
  EXPECT_FALSE(make({{"path", "/nowhere/at/all"}}).ok());
}

TEST_F(Replay, SharedFilesLoadOrAreRefusedWithAReasonARow) {
  if (!std::filesystem::exists(kShared)) {
    GTEST_SKIP() << "left out: the replay and payload files, since " << kShared << " is absent";
  }
  struct Case {
    const char* file;
    std::size_t posts, dead, redactions;
  };
  constexpr Case kCases[] = {
      {"replay/ira_2016-08.csv.gz", 68585, 0, 0},
      {"replay/ira_2016-09.csv.gz", 85022, 0, 0},
      {"replay/ira_2016-10.csv.gz", 131783, 0, 0},
      {"replay/ira_2016-11.csv.gz", 109938, 0, 0},
      {"replay/ira_2016-12.csv.gz", 139899, 0, 0},
      {"replay/ira_2017-01.csv.gz", 117550, 0, 0},
      {"replay/mayweather_mcgregor_2017-08-27.csv.gz", 12116, 0, 0},
      {"payloads/bluesky/jetstream_expected_v1.jsonl", 17, 0, 2},
      {"payloads/bluesky/jetstream_golden_v1.jsonl", 1, 0, 1},
      {"payloads/twitter_v1/btc_section_a.jsonl.gz", 773, 0, 0},
      {"payloads/twitter_v1/btc_section_b.jsonl.gz", 1519, 0, 0},
      {"payloads/x_v2/2sets.jsonl.gz", 200, 0, 0},
      {"payloads/x_v2/brexit.jsonl.gz", 100, 0, 0},
      {"payloads/x_v2/cashtags.jsonl", 1, 0, 0},
      {"payloads/x_v2/cotweet.jsonl", 1, 0, 0},
      {"payloads/x_v2/counts.jsonl", 0, 169, 0},
      {"payloads/x_v2/edited.jsonl", 1, 0, 1},
      {"payloads/x_v2/edited_after.jsonl", 1, 0, 1},
      {"payloads/x_v2/edited_before.jsonl", 1, 0, 0},
      {"payloads/x_v2/entities_test.jsonl.gz", 474, 0, 0},
      {"payloads/x_v2/flat.jsonl.gz", 100, 0, 0},
      {"payloads/x_v2/geo_tweets.jsonl", 2, 0, 0},
      {"payloads/x_v2/hashtags_tweets1.jsonl.gz", 300, 0, 0},
      {"payloads/x_v2/kpop.jsonl.gz", 100, 0, 0},
      {"payloads/x_v2/lists.jsonl", 0, 6, 0},
      {"payloads/x_v2/many_urls.jsonl", 1, 0, 0},
      {"payloads/x_v2/media_policy_violation_off.jsonl.gz", 100, 0, 0},
      {"payloads/x_v2/media_policy_violation_on.jsonl.gz", 100, 0, 0},
      {"payloads/x_v2/media_tweet.jsonl", 1, 0, 0},
      {"payloads/x_v2/mentions_tweet.jsonl", 1, 0, 0},
      {"payloads/x_v2/noflat.jsonl.gz", 100, 0, 0},
      {"payloads/x_v2/quoted_edit.jsonl", 1, 0, 0},
      {"payloads/x_v2/streaming_output_with_error.jsonl", 7, 1, 0},
      {"payloads/x_v2/tweets_compliance.jsonl", 0, 0, 2},
      {"payloads/x_v2/two_tweets.jsonl", 1, 0, 0},
      {"payloads/x_v2/users.jsonl.gz", 0, 96, 0},
      {"payloads/x_v2/users_compliance.jsonl", 0, 0, 2},
      {"payloads/x_v2/verified_type.jsonl", 1, 0, 0},
      {"payloads/x_v2/withheld.jsonl.gz", 215, 0, 13},
      {"payloads/x_v2_synthetic/tweets_compliance_stream.json.gz", 0, 1, 0},
      {"payloads/x_v2_synthetic/tweets_sample10_stream.json.gz", 1, 0, 1},
      {"payloads/x_v2_synthetic/tweets_sample_stream.json.gz", 1, 0, 1},
      {"payloads/x_v2_synthetic/tweets_search_stream.json.gz", 1, 0, 1},
      {"payloads/x_v2_synthetic/tweets_search_stream_rules.json.gz", 0, 6, 0},
      {"payloads/x_v2_synthetic/tweets_search_stream_rules_counts.json.gz", 0, 1, 0},
  };
  for (const Case& c : kCases) {
    auto source = ReplaySource::Create(File(kShared + c.file), env_);
    ASSERT_TRUE(source.ok()) << source.error().message;
    std::size_t posts = 0, dead = 0, redactions = 0;
    Intake in;
    for (;;) {
      in.Clear();
      auto state = source.value()->Poll(1000, milliseconds(0), in);
      ASSERT_TRUE(state.ok()) << c.file << ": " << state.error().message;
      posts += in.posts.size();
      dead += in.dead.size();
      redactions += in.redactions.size();
      for (const DeadLetter& letter : in.dead) EXPECT_FALSE(letter.reason.empty());
      if (state.value() == PollState::kDone) break;
    }
    EXPECT_EQ(posts, c.posts) << c.file;
    EXPECT_EQ(dead, c.dead) << c.file;
    EXPECT_EQ(redactions, c.redactions) << c.file;
  }
  for (const char* file : {"replay/ira_authors.csv.gz", "payloads/mastodon/streaming_events.txt"}) {
    const auto source = ReplaySource::Create(File(kShared + file), env_);
    ASSERT_FALSE(source.ok()) << file;
    EXPECT_EQ(source.error().code, Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace hb
