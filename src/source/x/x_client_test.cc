#include "source/x/x_client.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

XClient::Answer Ended(EndKind kind, const char* detail = "") {
  XClient::Answer answer;
  answer.http.how = HttpStreamEnd::How::kDone;
  answer.ending = {kind, detail};
  return answer;
}

TEST(XErrorOf, SaysWhatTheCallerShouldDo) {
  constexpr struct {
    EndKind kind;
    Code code;
  } kCases[] = {
      {EndKind::kRateLimited, Code::kExhausted},   {EndKind::kTooManyConnections, Code::kExhausted},
      {EndKind::kRefused, Code::kInvalidArgument}, {EndKind::kUsageCapped, Code::kInvalidArgument},
      {EndKind::kPassing, Code::kUnavailable},     {EndKind::kNetwork, Code::kUnavailable},
  };
  for (const auto& each : kCases) {
    EXPECT_EQ(XErrorOf(Ended(each.kind)).code, each.code) << EndKindName(each.kind);
    EXPECT_EQ(XErrorOf(Ended(each.kind)).message, EndKindName(each.kind));
  }
  EXPECT_EQ(XErrorOf(Ended(EndKind::kRefused, "HTTP 403")).message, "HTTP 403");
  EXPECT_EQ(XErrorOf(Ended(EndKind::kSilent)).message, "X does not answer");
  XClient::Answer stopped = Ended(EndKind::kClosed);
  stopped.http.how = HttpStreamEnd::How::kStopped;
  EXPECT_EQ(XErrorOf(stopped).code, Code::kCancelled);
}

}  // namespace
}  // namespace hb
