#include "model/sequence_model.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "model/embedded.h"
#include "model/sequence_data.h"
#include "model/sequence_trainer.h"
#include "model/sequence_words.h"

namespace hb::model {
namespace {

constexpr std::string_view kPosts =
    "Bob\tB-PER\nSmith\tI-PER\nis\tO\nin\tO\nParis\tB-LOC\n\n"
    "we\tO\nlove\tO\nParis\tB-LOC\n\n"
    "Ann\tB-PER\nworks\tO\nat\tO\nAcme\tB-ORG\nInc\tI-ORG\n.\tO\n";

SequenceModel Small() {
  auto data = ParseConll(kPosts);
  SequenceOptions options;
  options.log2_sets = 6;
  options.min_count = 1;
  options.epochs = 60;
  options.l2 = 1e-5;
  auto trained = TrainSequence(options, {std::move(data).value()}, {});
  return std::move(std::move(trained).value().model);
}

TEST(SequenceModel, LearnsWhatItIsShown) {
  const auto data = ParseConll(kPosts);
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data.value().posts.size(), 3u);
  EXPECT_EQ(data.value().view, EntityView::kBtc);
  EXPECT_DOUBLE_EQ(ScoreEntities(Small(), data.value()).Total().F1(), 1.0);
}

TEST(SequenceModel, SameInputSameBytes) { EXPECT_EQ(Small().bytes(), Small().bytes()); }

TEST(SequenceModel, RememberedWordsAddUpToWhatTheirFeaturesDo) {
  constexpr std::string_view kWords[] = {"Justin",
                                         "bieber",
                                         "LONDON",
                                         "New York",
                                         "the",
                                         "of",
                                         "@someone",
                                         "@other",
                                         "#Ukraine",
                                         "#kyiv",
                                         "$AAPL",
                                         "2016",
                                         "Nov.",
                                         "https://t.co/abc",
                                         "http",
                                         "@ Acme",
                                         "user",
                                         "O'Neil",
                                         "well-off",
                                         "...",
                                         "!!",
                                         "!",
                                         "\u6771\u4eac",
                                         "\U0001F600",
                                         "\U0001F468\u200d\U0001F469",
                                         "\xff\xfe",
                                         "a",
                                         "Wall Street Journal",
                                         "I",
                                         "c\u0327a",
                                         "\u00c9mile",
                                         "COVID-19"};
  const SequenceModel& model = EmbeddedEntities();
  SequenceScratch scratch;  // one for all: what it remembers must fit the next text
  SequenceFeatures plain;
  std::uint64_t state = 7;
  std::size_t tokens = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int word = 0; word < round % 24; ++word) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += std::string(kWords[(state >> 33) % std::size(kWords)]) +
              ((state >> 60) % 5 == 0 ? "" : " ");
      if ((state >> 50) % 40 == 0) text += "word" + std::to_string(state >> 40);
    }
    WalkText(text, scratch.walk);
    model.Tag(scratch.walk, EntityView::kGeneral, scratch);
    ExtractSequenceFeatures(scratch.walk, model, EntityView::kGeneral, plain);
    std::size_t at = 0;
    for (std::size_t i = 0; i < plain.ends.size(); ++i, ++tokens) {
      StateSums sums{};
      for (; at < plain.ends[i]; ++at) model.AddWeights(plain.hashes[at], sums);
      ASSERT_EQ(scratch.sums[i], sums) << "token " << i << " of: " << text;
    }
  }
  EXPECT_GT(tokens, 20'000u);
}

TEST(SequenceModel, RefusesEveryCutAndEveryFlippedByteOfTheHead) {
  const SequenceModel model = Small();
  const std::string bytes(model.bytes());
  ASSERT_TRUE(SequenceModel::View(bytes).ok());
  for (std::size_t n = 0; n < bytes.size(); n += 97) {
    EXPECT_FALSE(SequenceModel::FromBytes(bytes.substr(0, n)).ok()) << n;
  }
  for (std::size_t i = 0; i < 300; ++i) {
    std::string broken = bytes;
    broken[i] = static_cast<char>(broken[i] ^ 0x40);
    EXPECT_FALSE(SequenceModel::FromBytes(broken).ok()) << i;
  }
}

TEST(SequenceData, RefusesLinesThatAreNotConll) {
  for (const std::string_view bad : {"", "\n\n", "word", "a\tB-", "a\tX-PER", "a\tB-planet"}) {
    EXPECT_FALSE(ParseConll(bad).ok()) << bad;
  }
}

// The expected figures are those of seqeval 1.2.2 (default mode) for these two lists.
TEST(EntityScores, EqualSeqeval) {
  EntityScores scores;
  scores.Add({"O", "O", "B-MISC", "I-MISC", "I-MISC", "O"},
             {"O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"});
  scores.Add({"B-PER", "I-PER", "O"}, {"B-PER", "I-PER", "O"});
  scores.Add({"B-PER", "B-PER", "I-LOC", "I-LOC", "O"}, {"B-PER", "I-PER", "I-LOC", "B-LOC", "O"});
  EXPECT_NEAR(scores.Total().Precision(), 0.2, 1e-9);
  EXPECT_NEAR(scores.Total().Recall(), 0.2, 1e-9);
  EXPECT_NEAR(scores.Total().F1(), 0.2, 1e-9);
  EXPECT_NEAR(scores.types().at("PER").F1(), 0.4, 1e-9);
}

TEST(SequenceFeatures, TokensCoverEverySignOnceAndInOrder) {
  TextWalk walk;
  std::vector<SequenceToken> tokens;
  for (const std::string_view text :
       {"Hi!!! (#Paris) @bob's $AAPL", "\xEF\xBC\x83Tokyo \xE6\x9D\xB1\xE4\xBA\xAC",
        "a\xFF\xFE b"}) {
    WalkText(text, walk);
    SequenceTokens(walk, tokens);
    ASSERT_FALSE(tokens.empty());
    std::uint32_t done = 0;
    for (const SequenceToken& token : tokens) {
      EXPECT_GE(token.begin, done) << text;
      EXPECT_GT(token.end, token.begin) << text;
      done = token.end;
    }
    EXPECT_LE(done, text.size());
  }
}

TEST(SequenceWords, NameListsOfAnotherFormAreRefused) {
  std::vector<WordEntry> words;
  EXPECT_TRUE(AddNameLists("0\tBob\n2\tNew York\n", words).ok());
  EXPECT_EQ(words.size(), 2u);
  EXPECT_FALSE(AddNameLists("9\tBob\n", words).ok());
  EXPECT_FALSE(AddNameLists("Bob\n", words).ok());
}

// The figures that the card promises, on the shipped model.
TEST(EntitiesModel, ReachesItsScoresOnTheDevFiles) {
  struct Case {
    const char* name;
    double least;
  };
  const std::string data = HB_SOURCE_DIR "/../shared/data/ner/";
  const auto model = SequenceModel::FromBytes([] {
    std::string bytes;
    std::FILE* file = std::fopen(HB_SOURCE_DIR "/models/entities-fast/model.bin", "rb");
    char buffer[65536];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;)
      bytes.append(buffer, n);
    std::fclose(file);
    return bytes;
  }());
  ASSERT_TRUE(model.ok());
  for (const Case& c : {Case{"btc", 0.72}, Case{"wnut17", 0.42}, Case{"tweebank_ner", 0.56}}) {
    const std::string path = data + c.name + "/dev.conll";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "left out: no " << path;
    const auto posts = ReadConll(path);
    ASSERT_TRUE(posts.ok());
    EXPECT_GE(ScoreEntities(model.value(), posts.value()).Total().F1(), c.least) << c.name;
  }
}

}  // namespace
}  // namespace hb::model
