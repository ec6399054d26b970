#include "wire/x_answers.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

constexpr char kCap[] =
    R"({"account_id":12,"product_name":"p","title":"UsageCapExceeded","period":"Monthly",)"
    R"("scope":"Product","detail":"Usage cap exceeded: Monthly product cap",)"
    R"("type":"https://api.twitter.com/2/problems/usage-capped"})";
constexpr char kParameter[] =
    R"({"errors":[{"parameters":{"tweet.fields":["x"]},"message":"The query parameter )"
    R"([tweet.fields] is not one of [post.fields]"}],"title":"Invalid Request",)"
    R"("detail":"One or more parameters to your request was invalid.",)"
    R"("type":"https://api.x.com/2/problems/invalid-request"})";

TEST(XAnswers, ReadsProblemsUnderBothAddresses) {
  XAnswers answers;
  const XProblem cap = answers.Problem(kCap);
  EXPECT_EQ(cap.kind, "usage-capped");
  EXPECT_EQ(cap.period, "Monthly");
  EXPECT_EQ(cap.Words(), "UsageCapExceeded: Usage cap exceeded: Monthly product cap");
  const XProblem parameter = answers.Problem(kParameter);
  EXPECT_EQ(parameter.kind, "invalid-request");
  EXPECT_EQ(parameter.parameter, "tweet.fields");
  EXPECT_EQ(
      answers.Problem(R"({"errors":[{"code":89,"message":"Invalid or expired token."}]})").detail,
      "Invalid or expired token.");
  EXPECT_EQ(answers.Problem("<html>\x01 bad gateway").detail, "<html>  bad gateway");
  EXPECT_EQ(answers.Problem("").Words(), "");
}

TEST(XAnswers, ReadsRules) {
  XAnswers answers;
  const auto list = answers.Rules(
      R"({"data":[{"id":"1","value":"cat has:images","tag":"cats"},{"id":"2","value":"dog"}],)"
      R"("meta":{"sent":"2026-01-01T00:00:00.000Z","result_count":2,"next_token":"t1"}})");
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list.value().rules.size(), 2u);
  EXPECT_EQ(list.value().rules[0].tag, "cats");
  EXPECT_EQ(list.value().rules[1].tag, "");
  EXPECT_EQ(list.value().next_token, "t1");
  const auto none = answers.Rules(R"({"meta":{"sent":"2026-01-01T00:00:00.000Z"}})");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none.value().rules.empty());
}

TEST(XAnswers, ReadsWhyRulesWereNotAdded) {
  XAnswers answers;
  const auto answer = answers.Rules(
      R"({"meta":{"summary":{"created":0,"not_created":2}},"errors":[)"
      R"({"value":"cat","id":"9","title":"DuplicateRule",)"
      R"("type":"https://api.twitter.com/2/problems/duplicate-rules"},)"
      R"({"value":"is:reply","details":["needs a stand-alone operator"],"title":"UnprocessableEntity",)"
      R"("type":"https://api.twitter.com/2/problems/invalid-rules"}]})");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.value().created, 0);
  ASSERT_EQ(answer.value().errors.size(), 2u);
  EXPECT_EQ(answer.value().errors[0].kind, "duplicate-rules");
  EXPECT_EQ(answer.value().errors[0].id, "9");
  EXPECT_EQ(answer.value().errors[1].kind, "invalid-rules");
  EXPECT_EQ(answer.value().errors[1].Words(), "UnprocessableEntity; needs a stand-alone operator");
}

TEST(XAnswers, TellsMessagesOfAStreamApart) {
  XAnswers answers;
  std::vector<std::string> rules;
  XProblem problem;
  EXPECT_EQ(answers.Message(R"({"data":{"id":"1","text":"\"errors\""},)"
                            R"("matching_rules":[{"id":"7","tag":"a"},{"id":8}],"errors":[]})",
                            rules, problem),
            XMessageKind::kData);
  EXPECT_EQ(rules, (std::vector<std::string>{"7", "8"}));
  EXPECT_EQ(answers.Message(R"({"errors":[{"title":"operational-disconnect",)"
                            R"("disconnect_type":"ForceDisconnect","detail":"gone"}]})",
                            rules, problem),
            XMessageKind::kError);
  EXPECT_TRUE(rules.empty());
  EXPECT_EQ(problem.disconnect_type, "ForceDisconnect");
  EXPECT_EQ(answers.Message(R"({"weather":{"sun":1}})", rules, problem), XMessageKind::kUnknown);
  EXPECT_EQ(answers.Message(R"({"data":{"id":"1","te)", rules, problem), XMessageKind::kBroken);
  EXPECT_EQ(answers.Message("[]", rules, problem), XMessageKind::kBroken);
}

TEST(XAnswers, ReadsTheFrameOfAPage) {
  XAnswers answers;
  const auto page = answers.Page(
      R"({"data":[],"meta":{"newest_id":"9","oldest_id":"3","result_count":5,"next_token":"n"}})");
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page.value().oldest_id, "3");
  EXPECT_EQ(page.value().result_count, 5);
  EXPECT_EQ(page.value().next_token, "n");
  EXPECT_FALSE(answers.Page("nothing").ok());
}

TEST(XAnswers, ReadsCountsUnderBothNames) {
  XAnswers answers;
  const auto page = answers.Page(
      R"({"data":[{"start":"2026-01-01T00:00:00.000Z","end":"x","tweet_count":3},7,)"
      R"({"start":"2026-01-01T01:00:00.000Z","post_count":4}],"meta":{"total_tweet_count":7}})");
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page.value().total_count, 7);
  ASSERT_EQ(page.value().counts.size(), 2u);
  EXPECT_EQ(page.value().counts[0].posts, 3);
  EXPECT_EQ(page.value().counts[1].start, "2026-01-01T01:00:00.000Z");
  EXPECT_EQ(page.value().counts[1].posts, 4);
}

TEST(XAnswers, ReadsUsageWhateverItsNumbersAreWrittenAs) {
  XAnswers answers;
  const auto usage = answers.Usage(
      R"({"data":{"project_cap":"2000000","project_id":"1","project_usage":1234,"cap_reset_day":7}})");
  ASSERT_TRUE(usage.ok());
  EXPECT_EQ(usage.value().cap, 2'000'000u);
  EXPECT_EQ(usage.value().used, 1'234u);
  EXPECT_EQ(usage.value().reset_day, 7);
  const auto strange = answers.Usage(R"({"data":{"project_cap":"much","cap_reset_day":99}})");
  ASSERT_TRUE(strange.ok());
  EXPECT_EQ(strange.value().cap, 0u);
  EXPECT_EQ(strange.value().reset_day, 0);
  EXPECT_FALSE(answers.Usage("{}").ok());
}

TEST(XAnswers, ReadsComplianceJobsAndTheirResults) {
  XAnswers answers;
  const auto job = answers.ComplianceJob(
      R"({"data":{"id":"17","type":"tweets","status":"created","upload_url":"https://u",)"
      R"("download_url":"https://d"}})");
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job.value().id, "17");
  EXPECT_EQ(job.value().status, "created");
  EXPECT_EQ(job.value().upload_url, "https://u");
  EXPECT_EQ(job.value().download_url, "https://d");
  EXPECT_FALSE(answers.ComplianceJob(R"({"data":{"status":"created"}})").ok());
  const auto result = answers.ComplianceResult(
      R"({"id":"9","action":"delete","created_at":"a","redacted_at":"b","reason":"suspended"})");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value().reason, "suspended");
  EXPECT_EQ(result.value().redacted_at, "b");
  EXPECT_FALSE(answers.ComplianceResult(R"({"reason":"deleted"})").ok());
  EXPECT_FALSE(answers.ComplianceResult("9").ok());
}

TEST(XAnswers, ReadsTrends) {
  XAnswers answers;
  const auto trends =
      answers.Trends(R"({"data":[{"trend_name":"#a","tweet_count":5},{"trend_name":"b"},1]})");
  ASSERT_TRUE(trends.ok());
  ASSERT_EQ(trends.value().size(), 2u);
  EXPECT_EQ(trends.value()[0].name, "#a");
  EXPECT_EQ(trends.value()[0].posts, 5);
  EXPECT_EQ(trends.value()[1].posts, 0);
  EXPECT_FALSE(answers.Trends("x").ok());
}

}  // namespace
}  // namespace hb
