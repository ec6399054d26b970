#include "base/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace hb {
namespace {

using namespace std::string_view_literals;

std::uint32_t Number(char32_t code) { return code; }  // For failure texts.

struct Validity {
  const char* name;
  std::string_view text;
  std::size_t bad_parts;      ///< 0: valid.
  std::string_view repaired;  ///< Empty: as it was.
};

// The rows with several bad parts are the examples of Unicode 15, section 3.9, tables 3-8 to 3-11.
constexpr Validity kValidity[] = {
    {"empty", "", 0, ""},
    {"ascii", "plain words, 123", 0, ""},
    {"two, three and four bytes", "\u00E9 \u20AC \U0001F600", 0, ""},
    {"last code point", "\U0010FFFF", 0, ""},
    {"noncharacters are characters here", "\uFFFE\uFFFF", 0, ""},
    {"nul inside", "a\0b"sv, 0, ""},
    {"lone continuation", "a\x80z", 1, "a\uFFFDz"},
    {"overlong slash", "\xC0\xAF", 2, "\uFFFD\uFFFD"},
    {"overlong in three bytes", "\xE0\x80\xBF", 3, "\uFFFD\uFFFD\uFFFD"},
    {"surrogate", "\xED\xA0\x80", 3, "\uFFFD\uFFFD\uFFFD"},
    {"past the last", "\xF4\x91\x92\x93", 4, "\uFFFD\uFFFD\uFFFD\uFFFD"},
    {"lead that never was", "\xFF", 1, "\uFFFD"},
    {"truncated at the end", "ok \xF0\x9F\x98", 1, "ok \uFFFD"},
    {"truncated, then ascii",
     "\xE2\x82"
     "A",
     1,
     "\uFFFD"
     "A"},
    {"maximal subparts",
     "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
     "A",
     4,
     "\uFFFD\uFFFD\uFFFD\uFFFD"
     "A"},
    {"bad byte after a long ascii run", "0123456789012345678901234567890123456789\xFE!", 1,
     "0123456789012345678901234567890123456789\uFFFD!"},
};

TEST(Utf8, ValidatesAndRepairs) {
  for (const Validity& row : kValidity) {
    EXPECT_EQ(IsValidUtf8(row.text), row.bad_parts == 0) << row.name;
    std::string repaired;
    EXPECT_EQ(AppendRepairedUtf8(row.text, repaired), row.bad_parts) << row.name;
    EXPECT_EQ(repaired, row.bad_parts == 0 ? row.text : row.repaired) << row.name;
    EXPECT_TRUE(IsValidUtf8(repaired)) << row.name;
  }
}

TEST(Utf8, EveryCodePointSurvivesTheWayThere) {
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    const std::size_t size = AppendUtf8(code, text);
    const CodePoint read = DecodeUtf8(text, 0);
    ASSERT_TRUE(read.valid && read.code == code && read.size == size && text.size() == size)
        << Number(code);
    ASSERT_EQ(PreviousUtf8(text, size), 0u) << Number(code);
  }
  std::string text;
  AppendUtf8(0xD800, text);
  AppendUtf8(0x110000, text);
  EXPECT_EQ(text, "\uFFFD\uFFFD");
}

TEST(Utf8, EveryPairOfBytesIsJudgedAsThePatternsSay) {
  // All two-byte texts: valid exactly when both are ASCII, or a lead C2..DF with a continuation.
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const char bytes[] = {static_cast<char>(a), static_cast<char>(b)};
      const bool valid =
          (a < 0x80 && b < 0x80) || (a >= 0xC2 && a <= 0xDF && b >= 0x80 && b <= 0xBF);
      EXPECT_EQ(IsValidUtf8({bytes, 2}), valid) << a << " " << b;
    }
  }
}

TEST(Utf8, OneByteThatIsNotAsciiIsSeenAtAnyPlaceOfAnyLength) {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string text(size, 'x');
    EXPECT_TRUE(IsAscii(text) && IsValidUtf8(text)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      text[at] = '\x80';
      EXPECT_FALSE(IsAscii(text) || IsValidUtf8(text)) << size << " " << at;
      text[at] = 'x';
    }
  }
}

TEST(Utf8, StepsBackOverTheSamePartsAsForward) {
  constexpr std::string_view kText = "a\u00E9\xF0\x9F\x98\x80\xE2\x82!\x80\x80\U0001F600\x80";
  std::string_view text = kText;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = DecodeUtf8(text, at).size;
    EXPECT_EQ(PreviousUtf8(text, at + size), at);
    at += size;
  }
}

TEST(Utf8, CountsAndCutsOnCodePoints) {
  constexpr std::string_view kText = "a\u00E9\u20AC\U0001F600z";  // 1 + 2 + 3 + 4 + 1 bytes
  EXPECT_EQ(CountCodePoints(kText), 5u);
  EXPECT_EQ(AdvanceCodePoints(kText, 1, 2), 6u);
  EXPECT_EQ(AdvanceCodePoints(kText, 1, 99), kText.size());
  EXPECT_EQ(CutCodePoints(kText, 3), "a\u00E9\u20AC");
  EXPECT_EQ(CutCodePoints(kText, 0), "");
  constexpr std::size_t kFits[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (std::size_t bytes = 0; bytes < std::size(kFits); ++bytes) {
    EXPECT_EQ(CutBytes(kText, bytes).size(), kFits[bytes]) << bytes;
  }
  EXPECT_EQ(CutBytes("\x80\x80\x80\x80\x80\x80", 5).size(), 5u);  // Not UTF-8: any place will do.
}

TEST(Utf8, RepairAlwaysGivesValidTextAndKeepsValidText) {
  std::mt19937_64 random(1);
  std::size_t valid = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) {
      // Mostly bytes that begin or continue a sequence.
      text += static_cast<char>(random() % 3 == 0 ? random() % 256 : 0x80 + random() % 0x75);
    }
    std::string repaired;
    const std::size_t bad = AppendRepairedUtf8(text, repaired);
    ASSERT_TRUE(IsValidUtf8(repaired));
    ASSERT_EQ(bad == 0, IsValidUtf8(text));
    if (bad == 0) {
      ASSERT_EQ(repaired, text);
    }
    valid += bad == 0;
  }
  EXPECT_GT(valid, 1000u);
}

}  // namespace
}  // namespace hb
