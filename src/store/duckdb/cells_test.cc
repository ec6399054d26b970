#include "store/duckdb/cells.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace hb::duck {
namespace {

TEST(CellsTest, TimestampsReadAndPrint) {
  struct Case {
    std::string_view text;
    std::int64_t micros;
    std::string_view printed;
  };
  constexpr Case kCases[] = {
      {"1970-01-01", 0, "1970-01-01T00:00:00Z"},
      {"2016-08-01T01:02:03Z", 1'470'013'323'000'000, "2016-08-01T01:02:03Z"},
      {"2016-08-01 01:02", 1'470'013'320'000'000, "2016-08-01T01:02:00Z"},
      {"2016-08-01T01:02:03.5", 1'470'013'323'500'000, "2016-08-01T01:02:03.500Z"},
      {"2016-08-01T03:02:03.000001+02:00", 1'470'013'323'000'001, "2016-08-01T01:02:03.000001Z"},
      {"2016-07-31T20:02:03-0500", 1'470'013'323'000'000, "2016-08-01T01:02:03Z"},
      {"1969-12-31T23:59:59.999Z", -1000, "1969-12-31T23:59:59.999Z"},
      {"0001-01-01", -62'135'596'800'000'000, "0001-01-01T00:00:00Z"},
  };
  for (const Case& c : kCases) {
    std::int64_t micros = 1;
    ASSERT_TRUE(ParseTimestamp(c.text, micros)) << c.text;
    EXPECT_EQ(micros, c.micros) << c.text;
    EXPECT_EQ(TimestampText(micros), c.printed) << c.text;
  }
  for (const std::string_view bad :
       {"", "2016", "2016-13-01", "2016-02-30", "2016-08-01T", "2016-08-01T25:00",
        "2016-08-01T01:02:03.", "2016-08-01T01:02:03X", "2016-08-01T01:02:03+",
        "2016-08-01T01:02:03+02:00x", "-016-08-01", "2016-08-01T-1:02"}) {
    std::int64_t micros = 0;
    EXPECT_FALSE(ParseTimestamp(bad, micros)) << bad;
  }
}

TEST(CellsTest, JsonStringsAreEscaped) {
  std::string out;
  AppendJsonString(std::string_view("a\"\\\n\t\x01é\0", 9), out);
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\t\\u0001é\\u0000\"");
}

}  // namespace
}  // namespace hb::duck
