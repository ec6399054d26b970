#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "component/component.h"

namespace hb {
namespace {

constexpr Field kFields[] = {
    {.name = "path", .type = "string", .fallback = "!", .help = "a file"},
    {.name = "poll_every_ms", .type = "duration_ms", .fallback = "250ms", .help = "how often"},
    {.name = "cache_bytes", .type = "bytes", .fallback = "64KiB", .help = "how much"},
    {.name = "rate", .type = "float", .fallback = "1.5", .help = "a factor"},
    {.name = "seed", .type = "int", .fallback = "-7", .help = "a seed"},
    {.name = "loop", .type = "bool", .fallback = "", .help = "again and again"},
    {.name = "sizes", .type = "list", .fallback = "1m, 15m,1h", .help = "windows"},
    {.name = "token", .type = "int", .fallback = "1", .help = "not for logs", .secret = true},
};

TEST(Settings, FallbacksAreReadAsTheirTypes) {
  const auto settings = Settings::Parse(kFields, {{"path", "a.csv"}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings.value().Text("path"), "a.csv");
  EXPECT_EQ(settings.value().Int("poll_every_ms"), 250);
  EXPECT_EQ(settings.value().Int("cache_bytes"), 65536);
  EXPECT_DOUBLE_EQ(settings.value().Float("rate"), 1.5);
  EXPECT_EQ(settings.value().Int("seed"), -7);
  EXPECT_FALSE(settings.value().Bool("loop"));
  EXPECT_THAT(settings.value().List("sizes"), testing::ElementsAre("1m", "15m", "1h"));
}

TEST(Settings, GivenValuesWin) {
  const auto settings = Settings::Parse(kFields, {{"path", ""},
                                                  {"poll_every_ms", "7d"},
                                                  {"loop", "on"},
                                                  {"sizes", ""},
                                                  {"cache_bytes", "1GiB"}});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings.value().Int("poll_every_ms"), 604'800'000);
  EXPECT_EQ(settings.value().Int("cache_bytes"), 1 << 30);
  EXPECT_TRUE(settings.value().Bool("loop"));
  EXPECT_TRUE(settings.value().List("sizes").empty());
}

TEST(Settings, WhatDoesNotFitIsRefusedWithItsName) {
  struct Case {
    const char* name;
    Settings::Values values;
    const char* says;
  };
  const Case cases[] = {
      {"unknown key", {{"path", "x"}, {"pol_every_ms", "1"}}, "'poll_every_ms'"},
      {"required", {}, "'path'"},
      {"int", {{"path", "x"}, {"seed", "7x"}}, "'seed'"},
      {"empty int", {{"path", "x"}, {"seed", ""}}, "'seed'"},
      {"float", {{"path", "x"}, {"rate", "nan"}}, "'rate'"},
      {"bool", {{"path", "x"}, {"loop", "maybe"}}, "'loop'"},
      {"duration", {{"path", "x"}, {"poll_every_ms", "5 lightyears"}}, "'poll_every_ms'"},
      {"bytes", {{"path", "x"}, {"cache_bytes", "-1"}}, "'cache_bytes'"},
  };
  for (const Case& c : cases) {
    const auto settings = Settings::Parse(kFields, c.values);
    ASSERT_FALSE(settings.ok()) << c.name;
    EXPECT_EQ(settings.error().code, Code::kInvalidArgument) << c.name;
    EXPECT_THAT(settings.error().message, testing::HasSubstr(c.says)) << c.name;
  }
}

TEST(Settings, ASecretIsNotInTheMessage) {
  const auto settings = Settings::Parse(kFields, {{"path", "x"}, {"token", "hunter2"}});
  ASSERT_FALSE(settings.ok());
  EXPECT_THAT(settings.error().message, testing::Not(testing::HasSubstr("hunter2")));
}

TEST(ParseDurationMs, ReadsUnitsAndRefusesOverflow) {
  EXPECT_EQ(ParseDurationMs("250").value(), 250);
  EXPECT_EQ(ParseDurationMs("250ms").value(), 250);
  EXPECT_EQ(ParseDurationMs("90s").value(), 90'000);
  EXPECT_EQ(ParseDurationMs(" 15m ").value(), 900'000);
  EXPECT_EQ(ParseDurationMs("24h").value(), 86'400'000);
  EXPECT_EQ(ParseDurationMs("7d").value(), 604'800'000);
  for (const char* bad :
       {"", "m", "-1s", "1.5s", "1x", "99999999999999999999", "9223372036854775807d"}) {
    EXPECT_FALSE(ParseDurationMs(bad).ok()) << bad;
  }
}

TEST(ParseBytes, ReadsBinaryAndDecimalUnits) {
  EXPECT_EQ(ParseBytes("4096").value(), 4096);
  EXPECT_EQ(ParseBytes("64KiB").value(), 65536);
  EXPECT_EQ(ParseBytes("1GiB").value(), 1 << 30);
  EXPECT_EQ(ParseBytes("10MB").value(), 10'000'000);
  for (const char* bad : {"", "KiB", "-1", "1XB", "9223372036854775807KiB"}) {
    EXPECT_FALSE(ParseBytes(bad).ok()) << bad;
  }
}

TEST(Nearest, FindsATypoAndNothingElse) {
  const std::string_view names[] = {"sync_every_ms", "retention", "kind"};
  EXPECT_EQ(Nearest("retenton", names), "retention");
  EXPECT_EQ(Nearest("sync_ever_ms", names), "sync_every_ms");
  EXPECT_EQ(Nearest("colour", names), "");
  EXPECT_EQ(Nearest(std::string(100'000, 'x'), names), "");
}

TEST(Duration, IsWrittenInItsLargestUnitAndReadBack) {
  EXPECT_EQ(DurationText(900'000), "15m");
  EXPECT_EQ(DurationText(86'400'000), "1d");
  EXPECT_EQ(DurationText(90'000), "90s");
  EXPECT_EQ(DurationText(0), "0ms");
  for (const std::int64_t ms : {0L, 1L, 1'500L, 5'000L, 7'200'000L, 604'800'000L}) {
    EXPECT_EQ(ParseDurationMs(DurationText(ms)).value(), ms);
  }
}

}  // namespace
}  // namespace hb
