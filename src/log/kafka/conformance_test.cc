// The cases of every log on a real broker; each trait that is off is a difference that kafka_log.h
// tells of.
#include "log/kafka/kafka_testing.h"
#include "log/log_conformance.h"

namespace hb::kafka {
namespace {

class KafkaFixture final : public LogFixture {
 public:
  Log& log() override { return *opened_.log; }
  EventTime Now() override { return opened_.clock.Now(); }
  void Advance(std::chrono::milliseconds) override {}
  bool Reopen() override {
    opened_.Open();
    return true;
  }
  [[nodiscard]] LogTraits traits() const override {
    return {.dense_offsets = false,
            .trims_itself = false,
            .divides_by_slots = false,
            .patience = std::chrono::milliseconds(1500)};
  }

 private:
  Opened opened_;
};

INSTANTIATE_TEST_SUITE_P(Kafka, LogConformance,
                         testing::Values(LogUnderTest{"kafka",
                                                      []() -> std::unique_ptr<LogFixture> {
                                                        if (BrokerSays("bootstrap").empty())
                                                          return nullptr;
                                                        return std::make_unique<KafkaFixture>();
                                                      }}),
                         LogTestName);

}  // namespace
}  // namespace hb::kafka
