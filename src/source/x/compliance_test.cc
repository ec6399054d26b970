#include "source/x/compliance.h"

#include <gtest/gtest.h>

#include <set>

#include "net/http_client.h"
#include "simulate/simulator.h"
#include "source/x/x_search.h"

namespace hb {
namespace {

using simulate::Simulator;
using std::chrono::milliseconds;

constexpr EventTime kNow = FromMillis(1'768'003'200'000);  // 2026-01-10

/// The client against the stand-in for X; its waits take no time.
class ComplianceTest : public testing::Test {
 protected:
  void SetUp() override {
    Simulator::Options options;
    options.corpus.begin = kNow - std::chrono::hours(10);
    options.corpus.rate = 1;
    options.corpus.deletes = 0.2;
    auto simulator = Simulator::Start(std::move(options), clock_);
    ASSERT_TRUE(simulator.ok()) << simulator.error().message;
    x_ = std::move(simulator).value();
  }
  XCompliance Client(int waits = 1'000) {
    waits_ = waits;
    return XCompliance({.access = {x_->base_url(), "t"},
                        .wait =
                            [this](milliseconds wait) {
                              waited_ += wait;
                              return waits_-- > 0;
                            }},
                       clock_);
  }
  void AddFault(const std::string& json) {
    HttpCall call;
    call.method = "POST";
    call.url = x_->base_url() + "/simulate/faults";
    call.body = R"({"faults":[)" + json + "]}";
    const auto answer = PerformHttp(call);
    ASSERT_TRUE(answer.ok() && answer.value().status == 200);
  }
  /// Ids of the first posts, and which of them are deleted by now.
  std::string Ids(std::set<std::string>& deleted) {
    const simulate::Corpus& corpus = *x_->world().corpus;
    std::string ids;
    for (std::uint64_t i = 0; i < 500; ++i) {
      const std::string id = std::to_string(corpus.IdOf(i));
      ids += id + "\n";
      const auto by = corpus.DeletedBy(i);
      if (by && corpus.TimeOf(*by) <= kNow) deleted.insert(id);
    }
    return ids;
  }

  ManualClock clock_{kNow};
  std::unique_ptr<Simulator> x_;
  int waits_ = 0;
  milliseconds waited_{0};
};

TEST_F(ComplianceTest, SaysWhichPostsAreGone) {
  std::set<std::string> deleted, told;
  const std::string ids = Ids(deleted);
  ASSERT_GT(deleted.size(), 50u);
  XCompliance client = Client();
  const auto job = client.Begin(ids);
  ASSERT_TRUE(job.ok()) << job.error().message;
  const auto unread = client.Finish(job.value(), [&](const XComplianceResult& result) {
    EXPECT_EQ(result.reason, "deleted");
    EXPECT_FALSE(result.redacted_at.empty());
    told.insert(result.id);
  });
  ASSERT_TRUE(unread.ok()) << unread.error().message;
  EXPECT_EQ(unread.value(), 0u);
  EXPECT_EQ(told, deleted);
  EXPECT_GE(waited_, milliseconds(10'000)) << "it was still in progress at first";
}

TEST_F(ComplianceTest, TriesAgainWhatMayPass) {
  AddFault(R"({"kind":"refuse","path":"/2/compliance/jobs","reason":"unavailable"})");
  XCompliance client = Client();
  EXPECT_TRUE(client.Begin("1\n").ok());
}

TEST_F(ComplianceTest, SaysWhyItFails) {
  AddFault(R"({"kind":"refuse","path":"/2/compliance/jobs","reason":"forbidden"})");
  XCompliance client = Client();
  const auto refused = client.Begin("1\n");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  const auto unknown = client.Finish("17", [](const XComplianceResult&) {});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Code::kInvalidArgument);
  const auto job = client.Begin("1\n");
  ASSERT_TRUE(job.ok());
  XCompliance hasty = Client(0);
  const auto early = hasty.Finish(job.value(), [](const XComplianceResult&) {});
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace hb
