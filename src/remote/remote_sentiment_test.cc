#include "remote/remote_sentiment.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace hb {
namespace {

using std::chrono::milliseconds;

std::string Item(std::size_t index, const char* scores) {
  return R"({"Index":)" + std::to_string(index) + R"(,"Sentiment":"X","SentimentScore":)" + scores +
         "}";
}
constexpr char kGood[] = R"({"Positive":0.9,"Negative":0.02,"Neutral":0.03,"Mixed":0.05})";

/// A service that does what each test says, request by request.
struct Service {
  std::mutex mutex;
  std::vector<HttpCall> calls;
  std::function<Result<HttpAnswer>(std::size_t number, const HttpCall& call)> answer;
  std::atomic<int> at_once{0}, most_at_once{0};

  RemoteSentiment::Options Options() {
    RemoteSentiment::Options options;
    options.parallel = 3;
    options.backoff = milliseconds(1);
    options.max_backoff = milliseconds(2);
    options.rest = milliseconds(60'000);
    options.connect = [this] {
      return [this](const HttpCall& call) {
        const int now = ++at_once;
        int most = most_at_once;
        while (now > most && !most_at_once.compare_exchange_weak(most, now)) {
        }
        std::size_t number = 0;
        {
          const std::lock_guard lock(mutex);
          number = calls.size();
          calls.push_back(call);
        }
        auto said = answer(number, call);
        --at_once;
        return said;
      };
    };
    return options;
  }
};

std::size_t TextsIn(const HttpCall& call) {
  std::size_t texts = 0;
  for (std::size_t at = 0; (at = call.body.find("text", at)) != std::string::npos; ++at) ++texts;
  return texts;
}

HttpAnswer AllGood(const HttpCall& call) {
  std::string body = R"({"ErrorList":[],"ResultList":[)";
  for (std::size_t i = 0; i < TextsIn(call); ++i) body += (i == 0 ? "" : ",") + Item(i, kGood);
  return {.status = 200, .content_type = "", .retry_after = "", .body = body + "]}"};
}

HttpAnswer Failed(int status, std::string body = "{}", std::string retry_after = "") {
  return {.status = status,
          .content_type = "",
          .retry_after = std::move(retry_after),
          .body = std::move(body)};
}

const AwsAccess kAccess{.region = "eu-west-1",
                        .key = "KEY",
                        .secret = "SECRET",
                        .session_token = "SESSION",
                        .url = "http://127.0.0.1:1/?token=HIDDEN"};

class RemoteTest : public testing::Test {
 protected:
  std::unique_ptr<RemoteSentiment> Make(RemoteSentiment::Options options,
                                        std::uint64_t monthly = 0) {
    return std::make_unique<RemoteSentiment>(std::move(options), MakeComprehendProtocol(kAccess),
                                             std::make_unique<UnitBudget>("", monthly, clock_),
                                             clock_);
  }
  /// `count` different posts in `lang`.
  std::vector<SentimentQuestion> Posts(std::size_t count, std::string_view lang = "en") {
    std::vector<SentimentQuestion> posts(count);
    for (auto& post : posts) {
      post.text = texts_.emplace_back("text " + std::to_string(texts_.size()));
      post.lang = lang;
    }
    return posts;
  }
  static Status Judge(const RemoteSentiment& remote, std::vector<SentimentQuestion>& posts) {
    const auto scratch = remote.MakeScratch();
    return remote.Judge(*scratch, posts);
  }

  Service service_;
  SystemClock clock_;
  std::deque<std::string> texts_;
};

TEST_F(RemoteTest, AsksInBatchesOfALanguageAndPutsAnswersInTheirPlaces) {
  service_.answer = [](std::size_t, const HttpCall& call) { return AllGood(call); };
  const auto remote = Make(service_.Options());
  auto posts = Posts(60), spanish = Posts(3, "es"), unknown = Posts(2, "und");
  posts.insert(posts.end(), spanish.begin(), spanish.end());
  posts.insert(posts.end(), unknown.begin(), unknown.end());
  posts.push_back(posts[0]);  // a copy
  posts.push_back(SentimentQuestion{.text = "", .lang = "en", .score = {}});
  ASSERT_TRUE(Judge(*remote, posts).ok());
  EXPECT_EQ(service_.calls.size(), 4u);  // 25, 25, 10 and 3
  for (std::size_t i = 0; i < posts.size(); ++i) {
    const bool asked = (i < 63) || i == 65;
    EXPECT_EQ(posts[i].answered, asked) << i;
    if (!asked) continue;
    EXPECT_EQ(posts[i].score.label, Label::kPositive);
    EXPECT_EQ(posts[i].score.mixed, 50'000);
    EXPECT_EQ(posts[i].score.neg + posts[i].score.neu + posts[i].score.pos, kMicro);
  }
  EXPECT_EQ(posts[63].why_not, "language");
  EXPECT_EQ(posts[66].why_not, "empty");
  EXPECT_EQ(remote->counters().answered, 64u);
  EXPECT_EQ(remote->counters().units, 63u * 3);
  EXPECT_EQ(remote->name(), "comprehend/2017-11-27");
  for (const HttpCall& call : service_.calls) {
    EXPECT_EQ(call.sign_as, "aws:amz:eu-west-1:comprehend");
    EXPECT_LE(TextsIn(call), 25u);
  }
}

TEST_F(RemoteTest, TextsAreCutOnACharacterAndCountedInUnits) {
  const auto protocol = MakeComprehendProtocol(kAccess);
  EXPECT_EQ(protocol->Units("a"), 3u);
  EXPECT_EQ(protocol->Units(std::string(300, 'a')), 3u);
  EXPECT_EQ(protocol->Units(std::string(301, 'a')), 4u);
  std::string wide;
  for (int i = 0; i < 2000; ++i) wide += "\xe6\x97\xa5";  // 6,000 bytes, 2,000 characters
  EXPECT_EQ(protocol->Units(wide), 20u);
  service_.answer = [](std::size_t, const HttpCall&) {
    return Result<HttpAnswer>(
        HttpAnswer{.status = 200,
                   .content_type = "",
                   .retry_after = "",
                   .body = R"({"ErrorList":[],"ResultList":[)" + Item(0, kGood) + "]}"});
  };
  const auto remote = Make(service_.Options());
  std::vector<SentimentQuestion> posts(1);
  posts[0].text = wide;
  posts[0].lang = "ja";
  ASSERT_TRUE(Judge(*remote, posts).ok());
  EXPECT_NE(service_.calls[0].body.find("\xe6\x97\xa5\"],"), std::string::npos);
  EXPECT_EQ(remote->counters().units, 17u);  // 1,666 characters in 4,998 bytes
}

TEST_F(RemoteTest, WhatMayHelpIsTriedAgainAndCounted) {
  service_.answer = [](std::size_t number, const HttpCall& call) -> Result<HttpAnswer> {
    if (number == 0) return Failed(400, R"({"__type":"ThrottlingException","message":"slow"})");
    if (number == 1) return Failed(503);
    if (number == 2) return Error{Code::kUnavailable, call.url + ": broken off"};
    return AllGood(call);
  };
  const auto remote = Make(service_.Options());
  auto posts = Posts(2);
  ASSERT_TRUE(Judge(*remote, posts).ok());
  EXPECT_TRUE(posts[1].answered);
  EXPECT_EQ(remote->counters().calls, 4u);
  EXPECT_EQ(remote->counters().retries, 3u);
  EXPECT_EQ(remote->counters().throttled, 2u);
  EXPECT_EQ(remote->counters().failures, 0u);
  EXPECT_EQ(remote->counters().units, 6u);  // once
}

TEST_F(RemoteTest, WhatCannotHelpIsNotTriedAgain) {
  service_.answer = [](std::size_t, const HttpCall&) -> Result<HttpAnswer> {
    return Failed(400, R"({"__type":"com.amazonaws#UnrecognizedClientException"})");
  };
  const auto remote = Make(service_.Options());
  auto posts = Posts(2);
  const Status status = Judge(*remote, posts);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "comprehend/2017-11-27: UnrecognizedClientException");
  EXPECT_FALSE(posts[0].answered);
  EXPECT_EQ(posts[0].why_not, "failed");
  EXPECT_EQ(remote->counters().calls, 1u);
  EXPECT_EQ(remote->counters().units, 0u);
}

TEST_F(RemoteTest, AServiceThatKeepsFailingIsLeftAlone) {
  service_.answer = [](std::size_t, const HttpCall& call) -> Result<HttpAnswer> {
    return Error{Code::kUnavailable, call.url + ": no connection"};
  };
  auto options = service_.Options();
  options.attempts = 1;
  const auto remote = Make(std::move(options));
  auto posts = Posts(25 * 20);
  const Status status = Judge(*remote, posts);
  ASSERT_FALSE(status.ok());
  // No secret of the address in what people read.
  EXPECT_EQ(status.error().message.find("HIDDEN"), std::string::npos) << status.error().message;
  const std::size_t calls = service_.calls.size();
  EXPECT_LE(calls, 5u);  // three, and those that were under way
  auto more = Posts(25 * 4);
  EXPECT_FALSE(Judge(*remote, more).ok());
  EXPECT_EQ(service_.calls.size(), calls);
  EXPECT_EQ(remote->counters().unanswered, 25u * 24);
}

TEST_F(RemoteTest, RetryAfterIsHeeded) {
  service_.answer = [](std::size_t, const HttpCall&) -> Result<HttpAnswer> {
    return Failed(429, "{}", "120");
  };
  auto options = service_.Options();
  options.patience = milliseconds(2'000);  // less than the service asks for
  const auto remote = Make(std::move(options));
  auto posts = Posts(1), later = Posts(1);
  const auto begin = clock_.Steady();
  EXPECT_FALSE(Judge(*remote, posts).ok());
  EXPECT_FALSE(Judge(*remote, later).ok());
  EXPECT_LT(clock_.Steady() - begin, milliseconds(2'000));
  EXPECT_EQ(service_.calls.size(), 1u);
}

TEST_F(RemoteTest, ErrorsOfItemsLeaveTheOthers) {
  service_.answer = [](std::size_t, const HttpCall&) -> Result<HttpAnswer> {
    return HttpAnswer{
        .status = 200,
        .content_type = "",
        .retry_after = "",
        .body = R"({"ResultList":[)" + Item(1, kGood) +
                R"(],"ErrorList":[{"Index":0,"ErrorCode":"INTERNAL_SERVER_ERROR"}]})"};
  };
  const auto remote = Make(service_.Options());
  auto posts = Posts(2);
  const Status status = Judge(*remote, posts);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("INTERNAL_SERVER_ERROR"), std::string::npos);
  EXPECT_FALSE(posts[0].answered);
  EXPECT_EQ(posts[0].why_not, "refused");
  EXPECT_TRUE(posts[1].answered);
}

TEST_F(RemoteTest, AnswersThatAreNotTheContractsAreNotUsed) {
  const auto comprehend = MakeComprehendProtocol(kAccess);
  const auto http = MakeHttpProtocol("http://h/", "", 8);
  struct {
    const RemoteProtocol* protocol;
    std::string body;
  } const cases[] = {
      {comprehend.get(), ""},
      {comprehend.get(), "[]"},
      {comprehend.get(), R"({"ResultList":{}})"},
      {comprehend.get(), R"({"ResultList":[{}]})"},
      {comprehend.get(), R"({"ResultList":[7]})"},
      {comprehend.get(), R"({"ResultList":[)" + Item(2, kGood) + "]}"},
      {comprehend.get(), R"({"ResultList":[)" + Item(0, kGood) + "," + Item(0, kGood) + "]}"},
      {comprehend.get(), R"({"ResultList":[)" + Item(0, R"({"Positive":1})") + "]}"},
      {comprehend.get(), R"({"ResultList":[)" +
                             Item(0, R"({"Positive":7,"Negative":0,"Neutral":0,"Mixed":0})") +
                             "]}"},
      {http.get(), "nonsense"},
      {http.get(), "{}"},
      {http.get(), "[[]]"},
      {http.get(), "[[],[]]"},
      {http.get(), R"([{"label":"positive","score":1}])"},  // one for two texts
      {http.get(), R"([{"label":"toxic","score":1},{"label":"positive","score":1}])"},
      {http.get(), R"([{"label":"positive","score":"1"},{"label":"positive","score":1}])"},
      {http.get(), R"([[{"label":"positive","score":0}, {"label":"neutral","score":0}],[7]])"},
  };
  for (const auto& c : cases) {
    std::vector<RemoteAnswer> answers(2);
    std::string item_error;
    const Status status = c.protocol->Read(c.body, answers, item_error);
    ASSERT_FALSE(status.ok()) << c.body;
    EXPECT_EQ(status.error().code, Code::kCorrupt) << c.body;
    EXPECT_FALSE(answers[0].answered || answers[1].answered) << c.body;
  }
}

TEST_F(RemoteTest, ReadsHuggingFacesForms) {
  const auto http = MakeHttpProtocol("http://user:pass@host:80/predict?key=k", "TOKEN", 8);
  EXPECT_EQ(http->name(), "http/host:80");
  struct {
    const char* name;
    const char* body;
    Micro neg, neu, pos;
  } const cases[] = {
      {"all labels",
       R"([[{"label":"positive","score":0.7},{"label":"neutral","score":0.2},{"label":"negative","score":0.1}]])",
       100'000, 200'000, 700'000},
      {"numbered", R"([[{"label":"LABEL_2","score":0.5},{"label":"LABEL_0","score":0.5}]])",
       500'000, 0, 500'000},
      {"the best alone", R"([{"label":"NEGATIVE","score":0.9}])", 900'000, 50'000, 50'000},
      {"the best alone in a list", R"([[{"label":"neu","score":1}]])", 0, kMicro, 0},
      {"stars",
       R"([[{"label":"1 star","score":0.1},{"label":"2 stars","score":0.1},{"label":"3 stars","score":0.2},{"label":"4 stars","score":0.3},{"label":"5 stars","score":0.3}]])",
       200'000, 200'000, 600'000},
  };
  for (const auto& c : cases) {
    std::vector<RemoteAnswer> answers(1);
    std::string item_error;
    const Status status = http->Read(c.body, answers, item_error);
    ASSERT_TRUE(status.ok()) << c.name << ": " << status.error().message;
    EXPECT_EQ(answers[0].neg, c.neg) << c.name;
    EXPECT_EQ(answers[0].neu, c.neu) << c.name;
    EXPECT_EQ(answers[0].pos, c.pos) << c.name;
    EXPECT_EQ(answers[0].mixed, -1) << c.name;
  }
  const std::string_view texts[] = {"say \"hi\"\n", "b"};
  const HttpCall call = http->Request(texts, "");
  EXPECT_EQ(call.body, R"({"inputs":["say \"hi\"\n","b"],"parameters":{"top_k":null}})");
  EXPECT_EQ(call.headers.back(), "Authorization: Bearer TOKEN");
}

TEST_F(RemoteTest, TheBudgetEndsAMonthAndTheNextBeginsAnother) {
  service_.answer = [](std::size_t, const HttpCall& call) { return AllGood(call); };
  auto options = service_.Options();
  options.parallel = 1;
  const auto remote = Make(std::move(options), 25 * 3 + 10);
  auto posts = Posts(50);
  const Status status = Judge(*remote, posts);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kExhausted);
  EXPECT_TRUE(posts[0].answered);
  EXPECT_FALSE(posts[30].answered);
  EXPECT_EQ(posts[30].why_not, "budget");
  EXPECT_EQ(service_.calls.size(), 1u);
  EXPECT_EQ(remote->budget().spent(), 75u);
}

TEST_F(RemoteTest, SpendingOutlivesTheProgram) {
  using namespace std::chrono_literals;
  const std::string path = testing::TempDir() + "units-" + std::to_string(::getpid());
  std::filesystem::remove(path);
  // 2026-11-21
  ManualClock clock(FromMillis(1'795'219'200'000));
  {
    UnitBudget budget(path, 100, clock);
    ASSERT_TRUE(budget.Take(60).ok());
    ASSERT_TRUE(budget.Take(30).ok());
    budget.Return(20);
  }
  UnitBudget again(path, 100, clock);
  EXPECT_EQ(again.Take(31).error().code, Code::kExhausted);
  EXPECT_EQ(again.spent(), 70u);
  ASSERT_TRUE(again.Take(30).ok());
  clock.Advance(24h * 31);
  ASSERT_TRUE(again.Take(99).ok());  // December
  EXPECT_EQ(again.spent(), 99u);
  ASSERT_TRUE(WriteFileAtomic(path, "much").ok());
  UnitBudget broken(path, 100, clock);
  EXPECT_EQ(broken.Take(1).error().code, Code::kCorrupt);  // rather nothing than too much
  std::filesystem::remove(path);
}

TEST_F(RemoteTest, AsksSeveralAtOnceAndNeverMore) {
  service_.answer = [](std::size_t, const HttpCall& call) {
    std::this_thread::sleep_for(milliseconds(20));
    return AllGood(call);
  };
  const auto remote = Make(service_.Options());
  auto a = Posts(25 * 6), b = Posts(25 * 6);
  std::thread other([&] { EXPECT_TRUE(Judge(*remote, a).ok()); });
  EXPECT_TRUE(Judge(*remote, b).ok());
  other.join();
  EXPECT_EQ(service_.calls.size(), 12u);
  EXPECT_GT(service_.most_at_once, 1);
  EXPECT_LE(service_.most_at_once, 3);
}

TEST_F(RemoteTest, WhatIsLateIsLeft) {
  service_.answer = [](std::size_t, const HttpCall& call) {
    std::this_thread::sleep_for(milliseconds(50));
    return AllGood(call);
  };
  auto options = service_.Options();
  options.parallel = 1;
  options.patience = milliseconds(120);
  const auto remote = Make(std::move(options));
  auto posts = Posts(25 * 20);
  const Status status = Judge(*remote, posts);
  ASSERT_FALSE(status.ok());
  EXPECT_TRUE(posts.front().answered);
  EXPECT_FALSE(posts.back().answered);
  EXPECT_EQ(posts.back().why_not, "late");
  EXPECT_LT(service_.calls.size(), 20u);
}

TEST_F(RemoteTest, StopEndsAWait) {
  service_.answer = [](std::size_t, const HttpCall&) -> Result<HttpAnswer> { return Failed(503); };
  auto options = service_.Options();
  options.backoff = options.max_backoff = milliseconds(10'000);
  const auto remote = Make(std::move(options));
  auto posts = Posts(1);
  std::thread stopper([&] {
    while (remote->counters().calls == 0) std::this_thread::sleep_for(milliseconds(1));
    remote->Stop();
  });
  const auto begin = clock_.Steady();
  const Status status = Judge(*remote, posts);
  stopper.join();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kCancelled);
  EXPECT_LT(clock_.Steady() - begin, milliseconds(5'000));
}

}  // namespace
}  // namespace hb
