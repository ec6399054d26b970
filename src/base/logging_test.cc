#include "base/logging.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

TEST(Logging, JsonLinesEscapeTheMessage) {
  testing::internal::CaptureStderr();
  InitLogging(LogStyle::kJson, "info");
  LogInfo("a \"b\" {}", "c\nd");
  spdlog::default_logger()->flush();
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find(R"("level":"info","message":"a \"b\" c\nd"})"), std::string::npos) << line;
}

}  // namespace
}  // namespace hb
