// Lines and JSON values out of pieces.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/json_splitter.h"
#include "wire/line_reader.h"
#include "wire/read_in_pieces.h"

namespace hb {
namespace {

using Texts = std::vector<std::string>;

struct Read : PiecesRead {
  Texts rows, bad;
  std::vector<std::size_t> row_lines;
};

template <typename Reader>
Read ReadAll(Reader reader, std::string_view text, std::size_t piece) {
  Read read;
  static_cast<PiecesRead&>(read) =
      ReadInPieces(reader, text, piece, [&](RowReader::Step step, std::size_t line) {
        if (step == RowReader::Step::kRow) read.row_lines.push_back(line);
        (step == RowReader::Step::kRow ? read.rows : read.bad).emplace_back(reader.raw());
      });
  EXPECT_FALSE(read.stuck);
  return read;
}

TEST(LineReader, GivesLinesWithoutBreaksAndPassesBlankOnes) {
  const std::string text = "one\r\n\r\n  \n two \nthree";
  for (const std::size_t piece : {1, 2, 5, 100}) {
    const Read read = ReadAll(LineReader(100), text, piece);
    EXPECT_EQ(read.rows, (Texts{"one", "two", "three"})) << piece;
    EXPECT_EQ(read.row_lines, (std::vector<std::size_t>{1, 4, 5}));
    EXPECT_EQ(read.bytes, text.size());
    EXPECT_EQ(read.lines, 4u);
  }
}

TEST(LineReader, ALineThatIsTooLongIsBadAndNotHeld) {
  const std::string text = "a\n" + std::string(100'000, 'x') + "\nb\n";
  for (const std::size_t piece : {7, 1000, 200'000}) {
    const Read read = ReadAll(LineReader(50), text, piece);
    EXPECT_EQ(read.rows, (Texts{"a", "b"})) << piece;
    EXPECT_EQ(read.bad.size(), 1u);
    EXPECT_EQ(read.lines, 3u);
    EXPECT_EQ(read.bytes, text.size());
    if (piece < 2000) {
      EXPECT_LT(read.most_held, 60 + piece);
    }
  }
}

TEST(JsonSplitter, GivesValuesHoweverTheyAreLaidOut) {
  struct Case {
    const char* name;
    std::string text;
    Texts rows;
  };
  const Case cases[] = {
      {"array", "[{\"a\":1},{\"b\":[2,{}]}]", {"{\"a\":1}", "{\"b\":[2,{}]}"}},
      {"pretty", "[\n  {\n    \"a\": 1\n  },\n  {}\n]\n", {"{\n    \"a\": 1\n  }", "{}"}},
      {"one after the other",
       "{\"a\":1}\n\n{\"b\":2} {\"c\":3}",
       {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"}},
      {"brackets in strings", "[{\"a\":\"]}\\\"}\"},1]", {"{\"a\":\"]}\\\"}\"}", "1"}},
      {"bare values", "[1, \"two\", null]", {"1", "\"two\"", "null"}},
      {"cut off", "[{\"a\":1},{\"b\":", {"{\"a\":1}", "{\"b\":"}},
      {"a bracket that closes nothing", "}{\"a\":1}", {"}", "{\"a\":1}"}},
      {"empty", "[]", {}},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {1, 2, 3, 100}) {
      const Read read = ReadAll(JsonSplitter(1000), c.text, piece);
      EXPECT_EQ(read.rows, c.rows) << c.name << " by " << piece;
      EXPECT_EQ(read.bytes, c.text.size()) << c.name;
      EXPECT_EQ(read.lines,
                static_cast<std::size_t>(std::count(c.text.begin(), c.text.end(), '\n')))
          << c.name;
    }
  }
}

TEST(JsonSplitter, AValueThatIsTooLongIsBadAndNotHeld) {
  const std::string text = "[{\"a\":\"" + std::string(100'000, 'x') + "\"},{\"b\":1}]";
  for (const std::size_t piece : {7, 1000, 200'000}) {
    const Read read = ReadAll(JsonSplitter(50), text, piece);
    EXPECT_EQ(read.rows, (Texts{"{\"b\":1}"})) << piece;
    EXPECT_EQ(read.bad.size(), 1u) << piece;
    EXPECT_EQ(read.bytes, text.size());
  }
}

TEST(IsJsonDocument, TellsLinesFromDocuments) {
  EXPECT_FALSE(IsJsonDocument("{\"a\":1}\n{\"a\":2}\n"));
  EXPECT_FALSE(IsJsonDocument("{\"a\":1}"));
  EXPECT_FALSE(IsJsonDocument("{\"a\":{\n{\"a\":2}\n")) << "the first line is cut off";
  EXPECT_TRUE(IsJsonDocument("[{\"a\":1}]"));
  EXPECT_TRUE(IsJsonDocument("{\n  \"a\": 1\n}\n"));
  EXPECT_TRUE(IsJsonDocument("  [\n"));
  EXPECT_FALSE(IsJsonDocument(""));
}

}  // namespace
}  // namespace hb
