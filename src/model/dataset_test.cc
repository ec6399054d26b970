#include "model/dataset.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

}  // namespace
}  // namespace hb::model
