// Every log of the catalogue keeps the rules of log/log.h.
#include <filesystem>

#include "app/catalogue.h"
#include "log/log_conformance.h"
#include "samples.h"

namespace hb {
namespace {

class CatalogueLog final : public LogFixture {
 public:
  CatalogueLog(const Entry<Log, Env>& entry, const conformance::Sample& sample)
      : entry_(entry),
        sample_(sample),
        folder_(
            std::filesystem::path(testing::TempDir()) /
            ("hb_conformance_log_" + std::to_string(::getpid()) + "_" + std::to_string(++count_))),
        env_{clock_, folder_.string()} {
    std::filesystem::create_directories(folder_);
    Open();
  }
  ~CatalogueLog() override {
    log_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  CatalogueLog(const CatalogueLog&) = delete;
  CatalogueLog& operator=(const CatalogueLog&) = delete;

  Log& log() override { return *log_; }
  EventTime Now() override { return clock_.Now(); }
  void Advance(std::chrono::milliseconds by) override { clock_.Advance(by); }
  bool Reopen() override {
    log_.reset();
    Open();
    return true;  // a log that a configuration can name must survive
  }

 private:
  void Open() {
    const auto settings = conformance::SettingsOf(entry_.fields, sample_);
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    auto log = entry_.make(settings.value(), env_);
    ASSERT_TRUE(log.ok()) << log.error().message;
    log_ = std::move(log).value();
  }

  static inline int count_ = 0;
  const Entry<Log, Env>& entry_;
  const conformance::Sample& sample_;
  const std::filesystem::path folder_;
  ManualClock clock_{FromMillis(1'700'000'000'000)};
  Env env_;
  std::unique_ptr<Log> log_;
};

std::vector<LogUnderTest> Logs() {
  std::vector<LogUnderTest> logs;
  for (const auto* entry : LogEntries()) {
    const auto sample = conformance::kLogSamples.find(entry->name);
    if (sample == conformance::kLogSamples.end()) continue;  // contract_test.cc fails
    if (const std::string why = conformance::Missing(sample->second); !why.empty()) {
      std::fprintf(stderr, "log %s is left out: %s\n", std::string(entry->name).c_str(),
                   why.c_str());
      continue;
    }
    logs.push_back({std::string(entry->name), [entry, sample] {
                      return std::make_unique<CatalogueLog>(*entry, sample->second);
                    }});
  }
  return logs;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, LogConformance, testing::ValuesIn(Logs()), LogTestName);

}  // namespace
}  // namespace hb
