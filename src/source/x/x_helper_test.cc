#include "source/x/x_helper.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "simulate/http_server.h"

namespace hb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr EventTime kFrom = FromMillis(1'768'003'200'000);  // 2026-01-10

/// A server whose search never ends: a post a page, and always another page.
class XHelperTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = simulate::Server::Start({}, [this](simulate::Exchange& exchange) {
      exchange.Answer(200, "application/json",
                      R"({"data":[{"id":"1","text":"a cat"}],"meta":{"result_count":1,)"
                      R"("next_token":"n)" +
                          std::to_string(++pages_) + R"("}})");
    });
    ASSERT_TRUE(server.ok());
    server_ = std::move(server).value();
    helper_.emplace(
        XHelper::Options{
            .access = {server_->base_url(), "t"}, .tag_prefix = {}, .sync_rules = false},
        clock_);
    helper_->SetTasks({{.tag = "cats", .rule = "cat"}, {.tag = "dogs", .rule = "dog"}});
    helper_->Start();
  }
  XHelper::Portion Take() {
    const auto until = std::chrono::steady_clock::now() + seconds(30);
    while (std::chrono::steady_clock::now() < until) {
      if (auto portion = helper_->Take()) return *std::move(portion);
      std::this_thread::sleep_for(milliseconds(1));
    }
    ADD_FAILURE() << "nothing came";
    return {.last = true};
  }

  SystemClock clock_;
  std::atomic<int> pages_{0};
  std::unique_ptr<simulate::Server> server_;
  std::optional<XHelper> helper_;
};

TEST_F(XHelperTest, ACancelledSearchEndsBeforeItsNextPageAndAnotherMayBegin) {
  ASSERT_TRUE(helper_->Fetch({kFrom, kFrom + seconds(60)}));
  EXPECT_EQ(Take().name, "cats");
  helper_->Cancel();
  const int pages = pages_;
  XHelper::Portion portion = Take();
  while (!portion.last) portion = Take();
  EXPECT_TRUE(portion.cancelled);
  EXPECT_TRUE(portion.failed.empty());
  EXPECT_LE(pages_, pages + 1) << "one may be under way";
  EXPECT_FALSE(helper_->state().fetching);
  EXPECT_TRUE(helper_->Fetch({kFrom, kFrom + seconds(60)}));
  EXPECT_FALSE(Take().last);
  helper_->Cancel();
  for (portion = Take(); !portion.last; portion = Take()) continue;
  helper_->Cancel();  // of nothing
  EXPECT_FALSE(helper_->state().fetching);
}

}  // namespace
}  // namespace hb
