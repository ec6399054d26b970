#include "app/eval_all.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "env/env.h"
#include "env/temporary_folder.h"

namespace hb {
namespace {

class EvalAllTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Write("tweeteval/hate/val.tsv", "label\ttext\n0\twhat a lovely day\n1\tgo away all of you\n");
    Write("umsab/french/val.tsv",
          "label\ttext\n2\tj'adore ce film, il est magnifique\n0\tje deteste ce jour de pluie\n");
    Write("umsab/english/val.tsv", "label\ttext\n2\tI love this\n");
    Write("umsab/german/val.tsv", "label\ttext\n2\tdas ist ein wunderbarer Tag, ich bin so froh\n");
  }

  void Write(const std::string& name, const std::string& content) const {
    const auto path = std::filesystem::path(dir_) / name;
    std::filesystem::create_directories(path.parent_path());
    ASSERT_TRUE(WriteFileAtomic(path.string(), content).ok());
  }

  const TemporaryFolder folder_;
  const std::string dir_ = folder_.path();
};

TEST_F(EvalAllTest, ScoresWhatIsThereAndSaysWhatIsNot) {
  std::vector<std::string> said;
  const auto table = EvalAll(dir_, [&](std::string_view line) { said.emplace_back(line); });
  ASSERT_TRUE(table.ok()) << table.error().message;
  std::vector<std::string> fast;
  for (const EvalRow& row : table.value().rows) {
    if (row.model.starts_with("minilm")) continue;  // Where the runtime is there.
    fast.push_back(row.set + "|" + row.model + "|" + row.figure + "|" + std::to_string(row.texts));
  }
  EXPECT_EQ(fast, (std::vector<std::string>{"UMSAB french|sentiment-multi/1|macro-F1|2",
                                            "UMSAB german|sentiment-multi/1|macro-F1|1",
                                            "UMSAB, mean|sentiment-multi/1|macro-F1|3",
                                            "TweetEval|hate-fast/1|macro-F1|2"}));
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said[0], "sentiment-multi on UMSAB, fast");
  const auto& left = table.value().left_out;
  EXPECT_NE(std::find(left.begin(), left.end(), dir_ + "/tweeteval/emotion/val.tsv: not there"),
            left.end());
  EXPECT_NE(table.value().Text().find("left out: "), std::string::npos);
  EXPECT_NE(table.value().Json().find("\"set\":\"UMSAB, mean\""), std::string::npos);
}

TEST_F(EvalAllTest, ABrokenFileLeavesOnlyItsRowOut) {
  Write("tweeteval/irony/val.tsv", "no header\n");
  const auto table = EvalAll(dir_, {});
  ASSERT_TRUE(table.ok());
  EXPECT_FALSE(table.value().rows.empty());
  const auto& left = table.value().left_out;
  EXPECT_TRUE(std::any_of(left.begin(), left.end(), [](const std::string& one) {
    return one.starts_with("irony on TweetEval, fast: ");
  }));
}

TEST_F(EvalAllTest, AFolderWithoutAnyFileIsAnError) {
  std::filesystem::remove_all(dir_);
  EXPECT_EQ(EvalAll(dir_, {}).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace hb
