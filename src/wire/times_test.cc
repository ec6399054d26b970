#include "wire/times.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

TEST(ParsePostTime, ReadsTheFormsOfItsHeader) {
  struct Case {
    const char* name;
    const char* text;
    std::int64_t ms;
  };
  constexpr Case kCases[] = {
      {"date", "2016-08-01", 1470009600000},
      {"minute", "2016-08-01 23:59", 1470095940000},
      {"second", "2016-08-01 23:59:58", 1470095998000},
      {"T and Z", "2016-08-01T23:59:58Z", 1470095998000},
      {"milliseconds", "2016-08-01T23:59:58.123Z", 1470095998123},
      {"one digit of a second", "2016-08-01T23:59:58.1Z", 1470095998100},
      {"microseconds are cut", "2016-08-01T23:59:58.123999Z", 1470095998123},
      {"east", "2016-08-02T01:59:58+02:00", 1470095998000},
      {"west without a colon", "2016-08-01T22:29:58-0130", 1470095998000},
      {"hours only", "2016-08-02T01:59:58+02", 1470095998000},
      {"UTC", "2016-08-01 23:59:58 UTC", 1470095998000},
      {"blank before the zone", "2016-08-02 01:59:58 +0200", 1470095998000},
      {"slashes", "2016/08/01 23:59:58", 1470095998000},
      {"blanks around", "  2016-08-01 \r", 1470009600000},
      {"leap day", "2016-02-29", 1456704000000},
      {"X v1.1", "Wed Aug 27 13:08:45 +0000 2008", 1219842525000},
      {"X v1.1 with one digit", "Fri Aug  1 00:00:00 +0000 2008", 1217548800000},
      {"RFC 2822", "Wed, 27 Aug 2008 13:08:45 +0000", 1219842525000},
      {"US", "8/1/2016 23:59", 1470095940000},
      {"US with zeros", "08/01/2016 23:59:58", 1470095998000},
      {"US afternoon", "8/1/2016 11:59:58 PM", 1470095998000},
      {"US midnight", "8/1/2016 12:00 AM", 1470009600000},
      {"US date", "8/1/2016", 1470009600000},
      {"seconds", "1470095998", 1470095998000},
      {"seconds with a fraction", "1470095998.25", 1470095998250},
      {"milliseconds of Unix", "1470095998123", 1470095998123},
      {"microseconds of Unix", "1470095998123456", 1470095998123},
      {"the first moment", "0", 0},
  };
  for (const Case& c : kCases) {
    const auto time = ParsePostTime(c.text);
    ASSERT_TRUE(time.has_value()) << c.name << ": " << c.text;
    EXPECT_EQ(ToMillis(*time), c.ms) << c.name << ": " << c.text;
  }
}

TEST(ParsePostTime, RefusesWhatIsNoMoment) {
  for (const char* text : {"",
                           " ",
                           "yesterday",
                           "13/45/2016",
                           "2016-13-01",
                           "2016-02-30",
                           "2015-02-29",
                           "2016-08-01 24:00",
                           "2016-08-01 23:60",
                           "2016-08-01T",
                           "2016-08-01T23:59:58.Z",
                           "2016-08-01 23:59 tomorrow",
                           "1969-12-31",
                           "2100-01-01",
                           "9999-12-31T23:59:59Z",
                           "-5",
                           "1e9",
                           "99999999999999999999",
                           "123456789012345678",
                           "8/1/16",
                           "8/1/2016 13:00 PM",
                           "8/1/2016 0:10 AM",
                           "Xyz Aug 27 13:08:45 +0000 2008",
                           "Wed Aug 27 13:08:45 +0000",
                           "2016-08-01T23:59:58+99:00",
                           "2016-08-01T23:59:58+0",
                           "2016-08-01 23:59:58 and a very long remark that goes on"}) {
    EXPECT_FALSE(ParsePostTime(text).has_value()) << text;
  }
}

TEST(TimeOfXId, ReadsTheTimeInsideTheId) {
  // 1346889436626259968 was made at 2021-01-06T18:40:40.344Z.
  EXPECT_EQ(ToMillis(*TimeOfXId("1346889436626259968")), 1609958440344);
  EXPECT_FALSE(TimeOfXId("20").has_value()) << "older than such ids";
  EXPECT_FALSE(TimeOfXId("abc").has_value());
  EXPECT_FALSE(TimeOfXId("").has_value());
  EXPECT_FALSE(TimeOfXId("18446744073709551615").has_value());
}

}  // namespace
}  // namespace hb
