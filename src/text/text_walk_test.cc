#include "text/text_walk.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "text/emoji.h"
#include "text/plain_walk.h"
#include "text/utf8.h"

namespace hb {
namespace {

std::string Show(const TextWalk& walk) {
  std::string out = walk.text.data() == nullptr ? "" : "|";
  for (const Token& t : walk.tokens) {
    out += std::to_string(t.begin) + "-" + std::to_string(t.end) + ":" + std::to_string(t.flags) + "(" +
           std::string(walk.Folded(t)) + ") ";
  }
  out += "\n";
  for (const Entity& e : walk.entities) {
    out += std::string(EntityKindName(e.kind)) + ":" + std::to_string(e.begin) + "-" + std::to_string(e.end) +
           "/" + std::to_string(e.value_begin) + "-" + std::to_string(e.value_end) + " ";
  }
  return out;
}

bool Same(const TextWalk& a, const TextWalk& b) {
  auto same_entity = [](const Entity& x, const Entity& y) {
    return x.kind == y.kind && x.begin == y.begin && x.end == y.end && x.value_begin == y.value_begin &&
           x.value_end == y.value_end && x.token == y.token;
  };
  return a.tokens == b.tokens && a.folded == b.folded && a.counts == b.counts && a.ascii == b.ascii &&
         a.valid_utf8 == b.valid_utf8 && a.reply_form == b.reply_form && a.repost_form == b.repost_form &&
         std::equal(a.entities.begin(), a.entities.end(), b.entities.begin(), b.entities.end(), same_entity);
}

/// Compares both walks of `text`; false (and a failure) if they differ.
bool Agree(std::string_view text, TextWalk& fast) {
  TextWalk plain;
  WalkText(text, fast);
  PlainWalk(text, plain);
  if (Same(fast, plain)) return true;
  std::string escaped;
  for (const char c : text) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
    escaped += hex;
  }
  ADD_FAILURE() << text << "\n" << escaped << "\nfast  " << Show(fast) << "\nplain " << Show(plain);
  return false;
}

constexpr std::string_view kPieces[] = {
    "http://", "https://", "HTTP://", "t.co/", "t.co", ".com", ".co.uk", ".", "/", ":", "://", "_", "-",
    "#", "#", "\uFF03", "@", "@", "\uFF20", "$", "RT", "rt", " ", " ", " ", "\u3000", "\u00A0", "\n", "a", "b",
    "Z", "foo", "Bar", "BAZ", "1", "23", "\u00E9", "\u00C9", "\u0301", "\u65E5", "\u672C", "\u30AB", "\u30FC", "\u3042",
    "\u0E01", "\u0E34", "\u0438", "\u0418", "\u200D", "\u200C", "\uFE0F", "\uFE0E", "\u20E3", "'", "\u2019", "(", ")",
    "?", "=", "&", "&amp;", ";", "!", "*", "+", ",", "~", "%", "|", "\u2013", "\U0001F600", "\U0001F468",
    "\u2764", "\U0001F1FA\U0001F1F8", "\U0001F1FA", "\U0001F3FD", "\u00A9", "\u2139", "xn--", "xn--p1ai",
    "\u307F\u3093\u306A", "\u0440\u0444", "verm\u00F6gensberatung", "\u023A", "\u212A", "\u0130", "\u202A", "\uFEFF", "\u0D4D",
    "\x80", "\xF0\x9F", "\xC3", "\xED\xA0\x80", "\uF8C1", "\u00B7", "\u0661", "\u00BD", "\u2728", "com", "jp"};

TEST(TextWalk, EqualsThePlainWalkOnRandomTexts) {
  std::mt19937_64 random(20260101);
  TextWalk walk;
  int bad = 0;
  for (int i = 0; i < 120'000 && bad < 5; ++i) {
    std::string text;
    for (std::size_t n = 1 + random() % 14; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    bad += Agree(text, walk) ? 0 : 1;
  }
}

TEST(TextWalk, EqualsThePlainWalkOnEveryShortTextOfASmallAlphabet) {
  constexpr std::string_view kAlphabet[] = {"a", "#", "@", ".co", "http://", "_", "\u00E9", "\uFE0F", "1", " "};
  TextWalk walk;
  std::size_t cases = 0;
  bool good = true;
  for (std::size_t length = 1; length <= 5; ++length) {
    std::vector<std::size_t> digits(length, 0);
    for (bool more = true; more && good;) {
      std::string text;
      for (const std::size_t d : digits) text += kAlphabet[d];
      good = Agree(text, walk);
      ++cases;
      more = false;
      for (std::size_t& d : digits) {
        if (++d < std::size(kAlphabet)) {
          more = true;
          break;
        }
        d = 0;
      }
    }
  }
  EXPECT_EQ(cases, 111'110u);
}

/// Lines of a gzip file, at most `limit`; whole CSV lines serve as posts.
std::vector<std::string> ReadLines(const std::filesystem::path& path, std::size_t limit) {
  std::vector<std::string> lines;
  gzFile file = gzopen(path.c_str(), "rb");
  char buffer[1 << 16];
  while (lines.size() < limit && gzgets(file, buffer, sizeof buffer) != nullptr) lines.emplace_back(buffer);
  gzclose(file);
  return lines;
}

TEST(TextWalk, EqualsThePlainWalkOnRealPosts) {
  const std::filesystem::path folder = std::filesystem::path(HB_SOURCE_DIR) / "../shared/data/replay";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "left out: no ../shared/data/replay";
  TextWalk walk;
  std::size_t posts = 0;
  int bad = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    for (const std::string& line : ReadLines(entry.path(), 4000)) {
      if (bad >= 5) return;
      bad += Agree(line, walk) ? 0 : 1;
      ++posts;
    }
  }
  EXPECT_GT(posts, 10'000u);
}

}  // namespace
}  // namespace hb
