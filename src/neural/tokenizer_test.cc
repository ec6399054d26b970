#include "neural/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "env/temporary_folder.h"
#include "neural/tokenizer_examples.h"

namespace hb::neural {
namespace {

using Ids = std::vector<std::int32_t>;
using testing::HasSubstr;

class TokenizerFolder : public testing::Test {
 protected:
  void Put(const std::string& name, std::string_view bytes) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  std::unique_ptr<Tokenizer> Load() {
    auto made = LoadTokenizer(folder_);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made.ok() ? std::move(made).value() : nullptr;
  }
  Error Refusal() {
    const auto made = LoadTokenizer(folder_);
    EXPECT_FALSE(made.ok());
    return made.ok() ? Error{} : made.error();
  }

  const TemporaryFolder made_;
  const std::string folder_ = made_.path();
};

Ids Encode(const Tokenizer& tokenizer, std::string_view text, std::size_t max_tokens = 128) {
  Ids ids;
  tokenizer.Encode(text, max_tokens, ids);
  return ids;
}

constexpr std::string_view kBert = R"({
  "added_tokens": [
    {"id": 0, "content": "[PAD]", "special": true, "normalized": false},
    {"id": 3, "content": "[SEP]", "special": true, "normalized": false},
    {"id": 4, "content": "[MASK]", "special": true, "normalized": false, "lstrip": true},
    {"id": 8, "content": "LOL", "special": false, "normalized": false, "single_word": true},
    {"id": 9, "content": "LOL!", "special": false, "normalized": false, "rstrip": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
    "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                       "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 5,
            "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "lol": 5, "##s": 6, "\u00e9": 7}}})";

std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST_F(TokenizerFolder, NamesWhatItReadsWhenThereIsNothing) {
  EXPECT_EQ(Refusal().code, Code::kNotFound);
  EXPECT_THAT(Refusal().message, HasSubstr("tokenizer.json"));
}

TEST_F(TokenizerFolder, PrefersTokenizerJson) {
  Put("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nlol\n");
  EXPECT_EQ(Encode(*Load(), "lol"), (Ids{2, 4, 3}));
  Put("tokenizer.json", kBert);
  EXPECT_EQ(Encode(*Load(), "lol"), (Ids{2, 5, 3}));
}

TEST_F(TokenizerFolder, TakesTheCaseOfAVocabularyFromItsConfiguration) {
  Put("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nlol\nLol\n\u00E9\n");
  EXPECT_EQ(Encode(*Load(), "Lol"), (Ids{2, 4, 3}));
  Put("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_EQ(Encode(*Load(), "Lol \u00E9"), (Ids{2, 5, 6, 3}));
}

TEST_F(TokenizerFolder, FindsAddedTokensFirst) {
  Put("tokenizer.json", kBert);
  const auto tokenizer = Load();
  EXPECT_EQ(Encode(*tokenizer, "lols LOL"), (Ids{2, 5, 6, 8, 3}));
  EXPECT_EQ(Encode(*tokenizer, "LOLs xLOL"), (Ids{2, 5, 6, 1, 3}));
  EXPECT_EQ(Encode(*tokenizer, "LOL!  LOL"), (Ids{2, 9, 8, 3}));
  EXPECT_EQ(Encode(*tokenizer, "lol [MASK][SEP]"), (Ids{2, 5, 4, 3, 3}));
  EXPECT_EQ(Encode(*tokenizer, "lollol lollolx"), (Ids{2, 1, 1, 3}));
  EXPECT_EQ(tokenizer->size(), 10);
}

TEST_F(TokenizerFolder, GivesTheSameOnEveryThread) {
  Put("tokenizer.json", kBert);
  const auto tokenizer = Load();
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int& bad : wrong) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) bad += Encode(*tokenizer, "lols LOL") != Ids{2, 5, 6, 8, 3};
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

struct Example {
  std::string_view text;
  Ids byte_bpe, unigram, word_piece;
};

// Answers of the package tokenizers 0.23.2.
const Example kExamples[] = {
    {"ab aab", {0, 10, 7, 4, 8, 1}, {0, 7, 3, 4, 6, 1}, {2, 7, 1, 3}},
    {"AB\u00E9 \uFB01 e\u0301 \u00E4 \U0001F600 \u00E9",
     {0, 7, 13, 16, 7, 13, 7, 13, 13, 7, 14, 13, 7, 13, 7, 16, 1},
     {0, 3, 4, 10, 3, 9, 3, 10, 3, 2, 3, 2, 3, 10, 1},
     {2, 1, 1, 10, 5, 12, 10, 3}},
    {"a\u00E9 lol b", {0, 7, 4, 16, 7, 3, 7, 5, 1}, {0, 3, 4, 10, 3, 2, 3, 5, 1}, {2, 1, 1, 1, 3}},
    {"lols <mask>aaaaa",
     {0, 7, 13, 2, 7, 12, 4, 1},
     {0, 3, 2, 3, 2, 4, 2, 4, 4, 4, 4, 4, 1},
     {2, 1, 1, 1, 1, 5, 6, 6, 6, 6, 3}},
    {"a\u4E2D,\u00E9 [MASK]",
     {0, 7, 4, 13, 13, 16, 7, 13, 13, 13, 1},
     {0, 3, 4, 2, 10, 3, 2, 4, 2, 1},
     {2, 5, 11, 13, 10, 4, 3}},
    {"``  ``", {0, 7, 13, 7, 7, 13, 1}, {0, 13, 3, 13, 1}, {2, 1, 1, 1, 1, 3}},
    {"x<unk>y A<unk>",
     {0, 7, 13, 13, 13, 13, 13, 7, 13, 13, 13, 13, 1},
     {0, 3, 2, 3, 14, 1},
     {2, 1, 1, 1, 1, 1, 5, 1, 1, 1, 3}},
};

TEST(TokenizerTest, GivesTheIdsOfTheOriginal) {
  const auto made = [](std::string_view json) {
    auto parsed = ParseTokenizerJson(json);
    EXPECT_TRUE(parsed.ok()) << parsed.error().message;
    return std::move(parsed).value();
  };
  const auto byte_bpe = made(kByteBpeExample);
  const auto unigram = made(kUnigramExample);
  const auto word_piece = made(kWordPieceExample);
  for (const Example& example : kExamples) {
    EXPECT_EQ(Encode(*byte_bpe, example.text), example.byte_bpe) << example.text;
    EXPECT_EQ(Encode(*unigram, example.text), example.unigram) << example.text;
    EXPECT_EQ(Encode(*word_piece, example.text), example.word_piece) << example.text;
  }
  EXPECT_EQ(byte_bpe->size(), 18);
  EXPECT_EQ(unigram->size(), 15);
}

TEST_F(TokenizerFolder, ReadsThePairOfFilesOfRoberta) {
  Put("vocab.json",
      R"({"<s>": 0, "<pad>": 1, "</s>": 2, "a": 3, "b": 4, "ab": 5, "Ġ": 6, "Ġab": 7})");
  Put("merges.txt", "#version: 0.2\na b\nĠ ab\n");
  EXPECT_EQ(Encode(*Load(), "ab ab</s>a"), (Ids{0, 5, 7, 2, 3, 2}));
  EXPECT_EQ(Load()->pad(), 1);
  Put("tokenizer_config.json", R"({"add_prefix_space": true})");
  EXPECT_EQ(Encode(*Load(), "ab"), (Ids{0, 7, 2}));
  Put("merges.txt", "#version: 0.2\na b\nĠ ab x\n");
  EXPECT_THAT(Refusal().message, HasSubstr("line 3"));
  Put("merges.txt", "a x\n");
  EXPECT_THAT(Refusal().message, HasSubstr("\"x\""));
  Put("vocab.json", R"({"<s>": 0, "<pad>": 1})");
  EXPECT_THAT(Refusal().message, HasSubstr("</s>"));
}

struct Broken {
  const char* name;
  std::string_view what, with;
  Code code;
  std::string_view message;
};

TEST_F(TokenizerFolder, SaysWhereAndWhyItRefuses) {
  const Broken kBroken[] = {
      {"no JSON", "{", "[", Code::kCorrupt, "not JSON"},
      {"no model", "\"model\"", "\"models\"", Code::kCorrupt, "model"},
      {"other model", "\"WordPiece\"", "\"WordLevel\"", Code::kInvalidArgument, "WordLevel"},
      {"other normalizer", "BertNormalizer", "NFKC", Code::kInvalidArgument, "normalizer"},
      {"other parting", "BertPreTokenizer", "Whitespace", Code::kInvalidArgument, "pre_tokenizer"},
      {"other marks", "TemplateProcessing", "Magic", Code::kInvalidArgument, "post_processor"},
      {"huge id", "\"lol\": 5", "\"lol\": 5000000000", Code::kCorrupt, "model.vocab"},
      {"no id", "\"lol\": 5", "\"lol\": \"5\"", Code::kCorrupt, "lol"},
      {"below 0", "\"lol\": 5", "\"lol\": -5", Code::kCorrupt, "lol"},
      {"id twice", "\"lol\": 5", "\"lol\": 6", Code::kCorrupt, "same id"},
      {"word twice", "\"##s\"", "\"lol\"", Code::kCorrupt, "twice"},
      {"unknown is unknown", "\"[UNK]\": 1", "\"[XXX]\": 1", Code::kCorrupt, "[UNK]"},
      {"added id", "\"id\": 8", "\"id\": 1e99", Code::kCorrupt, "added_tokens[3].id"},
      {"added twice", "\"LOL!\"", "\"LOL\"", Code::kCorrupt, "added_tokens"},
      {"added after normalising", "\"special\": false, \"normalized\": false",
       "\"special\": false, \"normalized\": true", Code::kInvalidArgument, "LOL"},
      {"mark without id", "\"ids\": [2]", "\"ids\": [\"2\"]", Code::kCorrupt, "ids[0]"},
      {"mark of no kind", "\"[CLS]\": {\"id\"", "\"[CLX]\": {\"id\"", Code::kCorrupt,
       "special_tokens"},
      {"no text", "\"Sequence\"", "\"SpecialToken\"", Code::kCorrupt, "post_processor"},
  };
  for (const Broken& broken : kBroken) {
    Put("tokenizer.json", Replaced(std::string(kBert), broken.what, broken.with));
    const Error error = Refusal();
    EXPECT_EQ(error.code, broken.code) << broken.name << ": " << error.message;
    EXPECT_THAT(error.message, HasSubstr("tokenizer.json: ")) << broken.name;
    EXPECT_THAT(error.message, HasSubstr(std::string(broken.message))) << broken.name;
  }
}

TEST_F(TokenizerFolder, RefusesAFileTooLargeWithoutReadingIt) {
  Put("tokenizer.json", "");
  std::filesystem::resize_file(folder_ + "/tokenizer.json", std::uintmax_t{100} << 30);
  EXPECT_EQ(Refusal().code, Code::kCorrupt);
  EXPECT_THAT(Refusal().message, HasSubstr("107374182400 bytes"));
}

}  // namespace
}  // namespace hb::neural
