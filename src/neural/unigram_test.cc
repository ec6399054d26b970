#include "neural/unigram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "neural/tokenizer_examples.h"
#include "neural/tokenizer_testing.h"

namespace hb::neural {
namespace {

using testing::HasSubstr;

constexpr std::string_view kModel = R"({
  "added_tokens": [{"id": 0, "content": "<s>", "special": true, "normalized": false},
                   {"id": 1, "content": "</s>", "special": true, "normalized": false}],
  "normalizer": null,
  "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "</s>", "type_id": 0}}],
    "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                       "</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
  "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": false, "vocab": [
    ["<s>", 0], ["</s>", 0], ["<unk>", 0], ["▁", -2], ["a", -3], ["b", -3.5], ["ab", -4], ["▁ab", -7],
    ["abc", -9], ["c", -4], ["<0xC3>", -20], ["<0xA9>", -20]]}})";

std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

Result<std::unique_ptr<Tokenizer>> Parse(std::string_view json) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(json);
  simdjson::dom::element document;
  if (parser.parse(padded).get(document) != simdjson::SUCCESS) {
    return Error{Code::kInternal, "the test's own JSON is broken"};
  }
  return Unigram::FromJson(JsonNode(document, ""));
}

std::unique_ptr<Tokenizer> Made(std::string_view json = kModel) {
  auto made = Parse(json);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(made).value();
}

TEST(UnigramTest, TakesTheMostProbableWay) {
  const auto tokenizer = Made();
  EXPECT_EQ(Encode(*tokenizer, "ab"), (Ids{0, 3, 6, 1}));      // -2 - 4, not -7.
  EXPECT_EQ(Encode(*tokenizer, "abc"), (Ids{0, 3, 6, 9, 1}));  // -2 - 4 - 4, not -2 - 9.
  EXPECT_EQ(Encode(*tokenizer, "a b"), (Ids{0, 3, 4, 3, 5, 1}));
  EXPECT_EQ(Encode(*tokenizer, " a  b "), (Ids{0, 3, 4, 3, 3, 5, 3, 1}));
  EXPECT_EQ(Encode(*tokenizer, ""), (Ids{0, 1}));
}

TEST(UnigramTest, JoinsTheUnknown) {
  const auto tokenizer = Made();
  EXPECT_EQ(Encode(*tokenizer, "axyzb x y"), (Ids{0, 3, 4, 2, 5, 3, 2, 3, 2, 1}));
}

TEST(UnigramTest, SpellsTheUnknownInBytesIfTold) {
  const auto tokenizer =
      Made(Replaced(std::string(kModel), "\"byte_fallback\": false", "\"byte_fallback\": true"));
  EXPECT_EQ(Encode(*tokenizer, "a\u00E9b"), (Ids{0, 3, 4, 10, 11, 5, 1}));
  EXPECT_EQ(Encode(*tokenizer, "a\u00E9\u00E8"), (Ids{0, 3, 4, 2, 1}));  // Not all bytes are known.
}

TEST(UnigramTest, PutsBlanksWhereTheSchemeSays) {
  const std::string_view all = "\"prepend_scheme\": \"always\"";
  const auto always = Made();
  const auto first = Made(Replaced(std::string(kModel), all, "\"prepend_scheme\": \"first\""));
  const auto never = Made(Replaced(std::string(kModel), all, "\"prepend_scheme\": \"never\""));
  const auto older = Made(Replaced(std::string(kModel), all, "\"add_prefix_space\": false"));
  EXPECT_EQ(Encode(*always, "a<s>b"), (Ids{0, 3, 4, 0, 3, 5, 1}));
  EXPECT_EQ(Encode(*first, "a<s>b"), (Ids{0, 3, 4, 0, 5, 1}));
  EXPECT_EQ(Encode(*never, "a<s>b"), (Ids{0, 4, 0, 5, 1}));
  EXPECT_EQ(Encode(*older, "a<s>b"), (Ids{0, 4, 0, 5, 1}));
}

TEST(UnigramTest, PartsAtWhiteSpaceAsXlmRDoes) {
  const std::string_view metaspace =
      R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true})";
  const auto tokenizer =
      Made(Replaced(std::string(kModel), metaspace,
                    R"({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
          {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}]})"));
  EXPECT_EQ(Encode(*tokenizer, " a \n\u3000b  "), (Ids{0, 3, 4, 3, 5, 1}));
}

TEST(UnigramTest, CutsTheEndAndKeepsTheMarks) {
  const auto tokenizer = Made();
  EXPECT_EQ(Encode(*tokenizer, "a b a b", 5), (Ids{0, 3, 4, 3, 1}));
  EXPECT_EQ(Encode(*tokenizer, "a", 1), Ids{});
}

TEST(UnigramTest, TakesTheLastOfAWordThatComesTwice) {
  const auto tokenizer = Made(Replaced(std::string(kModel), "<0xC3>", "a"));
  EXPECT_EQ(Encode(*tokenizer, "a"), (Ids{0, 3, 10, 1}));
}

TEST(UnigramTest, TellsWhatItDoesNotRead) {
  struct Broken {
    const char* name;
    std::string_view what, with;
    Code code;
    std::string_view message;
  };
  const Broken kBroken[] = {
      {"no unknown", "\"unk_id\": 2", "\"unk_id\": null", Code::kInvalidArgument, "unk_id"},
      {"unknown too far", "\"unk_id\": 2", "\"unk_id\": 12", Code::kCorrupt, "of 12 words"},
      {"no score", "[\"b\", -3.5]", "[\"b\"]", Code::kCorrupt, "at 5"},
      {"other scheme", "always", "perhaps", Code::kCorrupt, "perhaps"},
      {"other parting", "Metaspace", "Punctuation", Code::kInvalidArgument, "Punctuation"},
      {"other normalizer", "\"normalizer\": null", "\"normalizer\": {\"type\": \"Magic\"}",
       Code::kInvalidArgument, "Magic"},
      {"no base64", "\"normalizer\": null",
       "\"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AB!=\"}",
       Code::kCorrupt, "base64"},
      {"trie too long", "\"normalizer\": null",
       "\"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"CAAAAAAAAAA=\"}",
       Code::kCorrupt, "8 bytes, of 4"},
      {"other expression", "\"normalizer\": null",
       "\"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"Regex\": \"a+\"}, \"content\": \"\"}",
       Code::kInvalidArgument, "a+"},
  };
  for (const Broken& broken : kBroken) {
    const auto made = Parse(Replaced(std::string(kModel), broken.what, broken.with));
    ASSERT_FALSE(made.ok()) << broken.name;
    EXPECT_EQ(made.error().code, broken.code) << broken.name << ": " << made.error().message;
    EXPECT_THAT(made.error().message, HasSubstr(std::string(broken.message))) << broken.name;
  }
}

TEST(UnigramTest, SteadyStateAllocatesNothing) {
  const auto tokenizer = Made();
  const std::string text = "ab abc aab ccc xyz bcb \U0001F600 and some more";
  ExpectNoAllocation(*tokenizer, text);
}

TEST(UnigramTest, IsLinearOnBadInput) {
  const auto tokenizer = Made(Replaced(
      std::string(kModel), "\"normalizer\": null",
      R"("normalizer": {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFKC"},
          {"type": "Strip", "strip_left": false, "strip_right": true},
          {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"},
          {"type": "Replace", "pattern": {"String": "x"}, "content": "ab"}]})"));
  for (const std::string_view unit :
       {"a", "ab", "x", " ", " a", "\u0301", "\U0001F600", "\uFDFA", "<s", "\xFF"}) {
    ExpectLinear(*tokenizer, unit, 4, 0, 4'000'000'000u);
  }
}

TEST(UnigramNormalizerTest, MapsCharactersAsSentencepieceDoes) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(kUnigramExample);
  const JsonNode root(parser.parse(padded).value_unsafe(), "");
  const auto normalizer = root.Get("normalizer").value().Get("normalizers").value().Items().value();
  const auto map = Charsmap::FromBase64(normalizer[0].Get("precompiled_charsmap").value());
  ASSERT_TRUE(map.ok()) << map.error().message;
  // Made with the rules A to a, B to nothing, the ligatures fi and fl to letters, e and acute to
  // one, a and diaeresis to ae, and a smile to :). What the original answers:
  const std::pair<std::string_view, std::string_view> kAnswers[] = {
      {"AbB", "ab"},
      {"\uFB01x", "fix"},
      {"e\u0301", "\u00E9"},
      {"e\u0301\u0302a\u0308", "\u00E9ae"},  // A cluster of 5 bytes, replaced by its beginning.
      {"a\u0308b", "aeb"},
      {"\U0001F600", ":)"},
      {"A\u0300\u0301", "a"},
      {"\u00A9\u200D", "\u00A9\u200D"},
      {"B\u0301x", "x"},
      {"a\u0308\u0301\u0302", "a\u0308\u0301\u0302"},  // 7 bytes: one by one.
  };
  for (const auto& [text, becomes] : kAnswers) {
    std::string out;
    map.value().Apply(text, 1000, out);
    EXPECT_EQ(out, becomes) << text;
  }
}

TEST(UnigramNormalizerTest, EndsClustersWhereUnicodeDoes) {
  const auto clusters = [](std::string_view text) {
    std::vector<std::size_t> sizes;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = GraphemeEnd(text, at);
      sizes.push_back(end - at);
      at = end;
    }
    return sizes;
  };
  using Sizes = std::vector<std::size_t>;
  EXPECT_EQ(clusters("ab\r\n\n"), (Sizes{1, 1, 2, 1}));
  EXPECT_EQ(clusters("e\u0301\u0327x"), (Sizes{5, 1}));
  EXPECT_EQ(clusters("\u0600ab"), (Sizes{3, 1}));
  EXPECT_EQ(clusters("\u1100\u1161\u11A8\uAC00\u11A8"), (Sizes{9, 6}));
  EXPECT_EQ(clusters("\U0001F1FA\U0001F1F8\U0001F1EC"), (Sizes{8, 4}));
  EXPECT_EQ(clusters("\u00A9\u200D\U0001F600\u00A9\u200Da"), (Sizes{9, 5, 1}));
  EXPECT_EQ(clusters("\U0001F937\U0001F3FD\u200D\u2640\uFE0F!"), (Sizes{17, 1}));
}

}  // namespace
}  // namespace hb::neural
