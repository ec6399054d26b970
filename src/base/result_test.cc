#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace hb {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return Error{Code::kInvalidArgument, "odd"};
  return n / 2;
}

Result<int> Quarter(int n) {
  HB_ASSIGN(const int half, Half(n));
  return Half(half);
}

TEST(Result, CarriesAValueOrAnError) {
  EXPECT_EQ(Half(4).value(), 2);
  EXPECT_EQ(Half(3).error().code, Code::kInvalidArgument);
}

TEST(Result, AssignReturnsTheFirstError) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_FALSE(Quarter(6).ok());
  EXPECT_FALSE(Quarter(5).ok());
}

TEST(Result, MovesTheValueOut) {
  Result<std::unique_ptr<int>> boxed(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = std::move(boxed).value();
  EXPECT_EQ(*taken, 7);
}

}  // namespace
}  // namespace hb
