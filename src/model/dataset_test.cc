#include "model/dataset.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "env/env.h"
#include "env/temporary_folder.h"

namespace hb::model {
namespace {

const std::vector<std::string> kLabels = {"negative", "neutral", "positive"};

TEST(Dataset, TakesNumbersNamesAndPrefixes) {
  const auto data = ParseTsv("label\ttext\n0\tbad\nPositive\tgood\nneu\tso so\r\n", "", kLabels);
  ASSERT_TRUE(data.ok()) << data.error().message;
  ASSERT_EQ(data.value().examples.size(), 3u);
  EXPECT_EQ(data.value().examples[0].label, 0);
  EXPECT_EQ(data.value().examples[1].label, 2);
  EXPECT_EQ(data.value().examples[2].label, 1);
  EXPECT_EQ(data.value().examples[2].text, "so so");
}

TEST(Dataset, MappingTurnsNumbersIntoNames) {
  const auto data =
      ParseTsv("id\ttext\tlabel\n7\tgood\t1\n8\tbad\t2\n", "1\tpositive\n2\tnegative\n", kLabels);
  ASSERT_TRUE(data.ok()) << data.error().message;
  EXPECT_EQ(data.value().examples[0].label, 2);
  EXPECT_EQ(data.value().examples[1].label, 0);
}

TEST(Dataset, LinesWithoutATextAreCounted) {
  const auto data = ParseTsv("label\ttext\n0\t\n1\n2\tgood\n", "", kLabels);
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data.value().skipped, 2u);
  EXPECT_EQ(data.value().examples.size(), 1u);
}

TEST(Dataset, BadFilesAreRefusedWithAReason) {
  struct Case {
    const char* name;
    const char* content;
    const char* mapping;
  };
  constexpr Case kCases[] = {
      {"empty", "", ""},
      {"no header", "0\tbad\n1\tok\n", ""},
      {"no rows", "label\ttext\n", ""},
      {"number out of range", "label\ttext\n3\tx\n", ""},
      {"unknown name", "label\ttext\nangry\tx\n", ""},
      {"number not in mapping", "label\ttext\n2\tx\n", "0\tnegative\n"},
  };
  for (const Case& c : kCases) {
    const auto data = ParseTsv(c.content, c.mapping, kLabels);
    ASSERT_FALSE(data.ok()) << c.name;
    EXPECT_EQ(data.error().code, Code::kInvalidArgument) << c.name;
  }
  EXPECT_EQ(ReadTsv("/nonexistent/x.tsv", kLabels).error().code, Code::kNotFound);
}

/// A folder with one data file and, perhaps, a list of its labels.
class ForeignTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& content) const {
    EXPECT_TRUE(WriteFileAtomic(dir_ + "/" + name, content).ok());
    return dir_ + "/" + name;
  }
  const TemporaryFolder folder_;
  const std::string dir_ = folder_.path();
};

TEST_F(ForeignTest, OwnLabelsAreReadAsEver) {
  Write("mapping.txt", "0\tpositive\n1\tnegative\n");
  const std::string file = Write("a.tsv", "label\ttext\n0\tgood\n1\tbad\n");
  const auto data = ReadForeign(file, kLabels, {});
  ASSERT_TRUE(data.ok()) << data.error().message;
  ASSERT_EQ(data.value().own.examples.size(), 2u);
  EXPECT_EQ(data.value().own.examples[0].label, 2);
  EXPECT_TRUE(data.value().others.empty());
  EXPECT_TRUE(data.value().other_labels.empty());
}

TEST_F(ForeignTest, AliasesChooseRowsAndTheRestKeepsItsOwnLabels) {
  Write("labels.txt", "joy\ngrief\nunused\ncalm\n");
  const std::string file = Write("b.tsv",
                                 "text\tlabel_ids\tid\nyes\t0\tx\noh no\t1\ty\nhm\t3\tz\n"
                                 "both\t1,3\tw\nall\t0,1,2\tv\n");
  const auto data = ReadForeign(file, kLabels, {{"calm", "neutral"}, {"unused", "neutral"}});
  ASSERT_TRUE(data.ok()) << data.error().message;
  ASSERT_EQ(data.value().own.examples.size(), 1u);
  EXPECT_EQ(data.value().own.examples[0].text, "hm");
  EXPECT_EQ(data.value().own.examples[0].label, 1);
  EXPECT_EQ(data.value().other_labels, (std::vector<std::string>{"joy", "grief"}));
  const auto& others = data.value().others;
  ASSERT_EQ(others.size(), 5u);  // "all" twice; "both" without calm.
  EXPECT_EQ(others[2].text, "both");
  EXPECT_EQ(others[2].label, 1);
  EXPECT_FLOAT_EQ(others[2].weight, 0.5f);
  EXPECT_FLOAT_EQ(others[3].weight, 1.0f / 3);
  EXPECT_EQ(others[4].label, 1);
}

TEST_F(ForeignTest, UnknownLabelsNameTheirLine) {
  Write("labels.txt", "joy\ngrief\n");
  const std::string file = Write("c.tsv", "text\tlabel_ids\nyes\t0\nno\t0,7\n");
  const auto data = ReadForeign(file, kLabels, {});
  ASSERT_FALSE(data.ok());
  EXPECT_EQ(data.error().code, Code::kInvalidArgument);
  EXPECT_NE(data.error().message.find("line 3"), std::string::npos) << data.error().message;
  EXPECT_EQ(ReadForeign(dir_ + "/none.tsv", kLabels, {}).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace hb::model
