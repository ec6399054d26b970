#include "log/memory/memory_log.h"

#include "log/log_conformance.h"

namespace hb {
namespace {

class MemoryFixture final : public LogFixture {
 public:
  Log& log() override { return *log_; }
  EventTime Now() override { return clock_.Now(); }
  void Advance(std::chrono::milliseconds by) override { clock_.Advance(by); }
  bool Reopen() override { return false; }

 private:
  ManualClock clock_{FromMillis(1'700'000'000'000)};
  std::unique_ptr<Log> log_ = MakeMemoryLog(clock_);
};

INSTANTIATE_TEST_SUITE_P(Memory, LogConformance,
                         testing::Values(LogUnderTest{
                             "memory", [] { return std::make_unique<MemoryFixture>(); }}),
                         LogTestName);

TEST(MemoryLog, RefusesWhatPassesItsBudgetAndTakesItOnceThereIsRoom) {
  ManualClock clock(FromMillis(1'700'000'000'000));
  const std::unique_ptr<Log> log = MakeMemoryLog(clock, 1000);
  ASSERT_TRUE(log->EnsureTopic({"a", 1, 10, -1}).ok());
  log_test::Append(*log, "a", 0, 1, {std::string(900, 'x')});
  auto transaction = log->Begin("test");
  ASSERT_TRUE(transaction.value()
                  ->Append("a", Partition{0}, log_test::MakeBatch(2, {std::string(200, 'y')}))
                  .ok());
  EXPECT_EQ(log_test::CodeOf(transaction.value()->Commit()), Code::kExhausted);
  clock.Advance(std::chrono::milliseconds(100));
  ASSERT_TRUE(log->Trim(clock.Now()).ok());
  EXPECT_TRUE(log_test::IsOk(transaction.value()->Commit()));
  EXPECT_EQ(log_test::ReadAll(*log, "a", 0), (std::vector<std::string>{std::string(200, 'y')}));
}

}  // namespace
}  // namespace hb
