#include "wire/csv_reader.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "wire/read_in_pieces.h"

namespace hb {
namespace {

using Step = CsvReader::Step;
using Row = std::vector<std::string>;

struct Read : PiecesRead {
  std::vector<Row> rows;
  std::vector<std::string> bad;
  std::vector<std::size_t> row_lines;
};

/// Reads `text` in pieces of `piece` bytes, as a source does.
Read ReadAll(std::string_view text, std::size_t piece, CsvReader::Options options = {}) {
  CsvReader reader(options);
  Read read;
  static_cast<PiecesRead&>(read) =
      ReadInPieces(reader, text, piece, [&](Step step, std::size_t line) {
        if (step == Step::kBad) {
          read.bad.emplace_back(reader.raw());
          return;
        }
        Row& row = read.rows.emplace_back();
        for (std::size_t i = 0; i < reader.fields(); ++i) row.emplace_back(reader.field(i));
        read.row_lines.push_back(line);
      });
  EXPECT_FALSE(read.stuck);
  return read;
}

/// RFC 4180 as plainly as it can be written, for texts that follow it.
std::vector<Row> Plain(std::string_view text) {
  std::vector<Row> rows;
  Row row;
  std::string field;
  bool quoted = false, any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        field += '"';
        ++i;
      } else if (c == '"') {
        quoted = false;
      } else {
        field += c;
      }
      continue;
    }
    if (c == '"') {
      quoted = any = true;
    } else if (c == ',') {
      row.push_back(field);
      field.clear();
      any = true;
    } else if (c == '\n' || (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n')) {
      if (c == '\r') ++i;
      if (any || !field.empty()) {
        row.push_back(field);
        rows.push_back(row);
      }
      row.clear();
      field.clear();
      any = false;
    } else {
      field += c;
      any = true;
    }
  }
  if (any || !field.empty()) {
    row.push_back(field);
    rows.push_back(row);
  }
  return rows;
}

TEST(CsvReader, ReadsRowsAndFields) {
  struct Case {
    const char* name;
    std::string text;
    std::vector<Row> rows;
  };
  const Case cases[] = {
      {"plain", "a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
      {"no break at the end", "a,b\nc,d", {{"a", "b"}, {"c", "d"}}},
      {"CRLF", "a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
      {"quotes", "\"a,1\",b\n", {{"a,1", "b"}}},
      {"doubled quotes", "\"say \"\"hi\"\"\",b\n", {{"say \"hi\"", "b"}}},
      {"only doubled quotes", "\"\"\"\"\n", {{"\""}}},
      {"line break inside", "\"a\nb\",c\nd,e\n", {{"a\nb", "c"}, {"d", "e"}}},
      {"CRLF inside", "\"a\r\nb\",c\r\n", {{"a\r\nb", "c"}}},
      {"empty fields", ",,\n\"\",x,\n", {{"", "", ""}, {"", "x", ""}}},
      {"blank lines", "\n\r\na,b\n\n\nc,d\n\n", {{"a", "b"}, {"c", "d"}}},
      {"quote inside an unquoted field", "5\" disk,b\n", {{"5\" disk", "b"}}},
      {"text after a closing quote", "\"a\"b,c\n", {{"\"a\"b", "c"}}},
      {"quotes and an empty line inside", "\"\n\n\",x\n", {{"\n\n", "x"}}},
      {"a quoted empty row", "\"\"\n", {{""}}},
      {"quoted CR at the end", "a,\"b\r\"\r\n", {{"a", "b\r"}}},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {1, 2, 3, 7, 1000}) {
      const Read read = ReadAll(c.text, piece);
      EXPECT_EQ(read.rows, c.rows) << c.name << " by " << piece;
      EXPECT_TRUE(read.bad.empty()) << c.name;
      EXPECT_EQ(read.bytes, c.text.size()) << c.name;
      EXPECT_EQ(read.lines,
                static_cast<std::size_t>(std::count(c.text.begin(), c.text.end(), '\n')))
          << c.name;
    }
  }
}

TEST(CsvReader, AgreesWithAPlainReaderOnRandomTexts) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (std::size_t rows = 1 + random() % 5; rows > 0; --rows) {
      for (std::size_t fields = 1 + random() % 5; fields > 0; --fields) {
        const bool quote = random() % 3 == 0;
        std::string field;
        for (std::size_t n = random() % (random() % 8 == 0 ? 200 : 12); n > 0; --n) {
          static constexpr char kLetters[] = "abc \t,\"\n";
          field += kLetters[random() % (quote ? 8 : 5)];
        }
        if (quote) {
          std::string doubled;
          for (const char c : field) doubled += c == '"' ? std::string("\"\"") : std::string(1, c);
          field = '"' + doubled + '"';
        }
        text += field;
        if (fields > 1) text += ',';
      }
      text += random() % 2 == 0 ? "\n" : "\r\n";
    }
    const std::vector<Row> want = Plain(text);
    for (const std::size_t piece : {std::size_t{1}, 1 + random() % 90, std::size_t{4096}}) {
      const Read read = ReadAll(text, piece);
      ASSERT_EQ(read.rows, want) << text;
      ASSERT_TRUE(read.bad.empty()) << text;
    }
  }
}

TEST(CsvReader, CountsTheLineOfEachRow) {
  const Read read = ReadAll("a\n\n\"b\nb\"\nc\n", 3);
  EXPECT_EQ(read.row_lines, (std::vector<std::size_t>{1, 3, 5}));
}

TEST(CsvReader, AStrayQuoteCostsItsLineOnly) {
  for (const std::size_t piece : {1, 5, 1000}) {
    // The quote of line 2 would take the rows up to that of line 4 along.
    const Read read = ReadAll("1,a\n2,\"b\n3,c\n4,\"d, d\",x\n5,e\n", piece);
    EXPECT_EQ(read.bad, (std::vector<std::string>{"2,\"b"})) << piece;
    ASSERT_EQ(read.rows.size(), 4u);
    EXPECT_EQ(read.rows[2], (Row{"4", "d, d", "x"}));
    EXPECT_EQ(read.rows[3], (Row{"5", "e"}));
  }
}

TEST(CsvReader, AQuoteThatIsNeverClosedCostsItsLineOnly) {
  const Read read = ReadAll("1,a\n2,\"b\n3,c\n4,d\n", 4);
  EXPECT_EQ(read.bad, (std::vector<std::string>{"2,\"b"}));
  EXPECT_EQ(read.rows, (std::vector<Row>{{"1", "a"}, {"3", "c"}, {"4", "d"}}));
}

TEST(CsvReader, RejectedRowOfSeveralLinesGivesItsOtherLinesBack) {
  CsvReader reader({});
  const std::string text = "1,\"b\n2,c\n3,\",d\n";
  ASSERT_EQ(reader.Next(text, true), Step::kRow);
  EXPECT_EQ(reader.consumed(), text.size());
  reader.Reject();
  EXPECT_EQ(reader.raw(), "1,\"b");
  EXPECT_EQ(reader.consumed(), 5u);
  EXPECT_EQ(reader.lines(), 1u);
  ASSERT_EQ(reader.Next(std::string_view(text).substr(5), true), Step::kRow);
  EXPECT_EQ(reader.field(1), "c");
}

TEST(CsvReader, ARowThatIsTooLongIsBadAndTheNextOneFollows) {
  const CsvReader::Options options{.delimiter = ',', .quotes = true, .max_row_bytes = 100};
  const std::string text = "a,b\n" + std::string(5000, 'x') + "\nc,d\n";
  for (const std::size_t piece : {1, 64, 10000}) {
    const Read read = ReadAll(text, piece, options);
    EXPECT_EQ(read.bad.size(), 1u) << piece;
    EXPECT_EQ(read.rows, (std::vector<Row>{{"a", "b"}, {"c", "d"}})) << piece;
    EXPECT_EQ(read.bytes, text.size());
    EXPECT_EQ(read.lines, 3u);
  }
}

TEST(CsvReader, HostileQuotesCostLinearTime) {
  // Each line leaves a quote open wherever one begins to read: without a budget each of the two
  // million lines would be scanned four million bytes far.
  std::string text;
  while (text.size() < (std::size_t{12} << 20)) text += "a\",\"\n";
  CsvReader reader({});
  std::size_t steps = 0, at = 0;
  for (;;) {
    const Step step = reader.Next(std::string_view(text).substr(at), true);
    at += reader.consumed();
    ++steps;
    if (step == Step::kEnd) break;
  }
  EXPECT_EQ(at, text.size());
  EXPECT_LT(steps, 100u);
}

TEST(CsvReader, WithoutQuotesAQuoteIsALetter) {
  const Read read = ReadAll("1\t\"open\n2\tb\"c\n", 3, {.delimiter = '\t', .quotes = false});
  EXPECT_EQ(read.rows, (std::vector<Row>{{"1", "\"open"}, {"2", "b\"c"}}));
}

}  // namespace
}  // namespace hb
