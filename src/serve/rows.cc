#include "serve/rows.h"

#include "serve/params.h"

namespace hb {

Statement& Statement::BindTime(EventTime time) { return Bind(SqlTime(time)).Add("::TIMESTAMP"); }

Statement& Statement::Append(const Statement& other) {
  const std::size_t shift = parameters_.size();
  const std::string_view text = other.text_;
  for (std::size_t i = 0; i < text.size(); ++i) {
    text_ += text[i];
    if (text[i] != '$') continue;
    std::size_t number = 0;
    while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') {
      number = number * 10 + static_cast<std::size_t>(text[++i] - '0');
    }
    text_ += std::to_string(number + shift);
  }
  parameters_.insert(parameters_.end(), other.parameters_.begin(), other.parameters_.end());
  return *this;
}

std::int64_t IntAt(const Row& row, std::size_t column) {
  if (const auto* whole = std::get_if<std::int64_t>(&row[column])) return *whole;
  if (const auto* real = std::get_if<double>(&row[column])) return static_cast<std::int64_t>(*real);
  if (const auto* flag = std::get_if<bool>(&row[column])) return *flag ? 1 : 0;
  return 0;
}

double NumberAt(const Row& row, std::size_t column) {
  if (const auto* real = std::get_if<double>(&row[column])) return *real;
  return static_cast<double>(IntAt(row, column));
}

std::string_view TextAt(const Row& row, std::size_t column) {
  const auto* text = std::get_if<std::string>(&row[column]);
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

void WriteMillis(const Row& row, std::size_t column, JsonWriter& json) {
  if (IsNull(row, column)) {
    json.Null();
  } else {
    json.Text(IsoTime(FromMillis(IntAt(row, column))));
  }
}

void WriteCell(const Cell& cell, std::string_view type, JsonWriter& json) {
  if (const auto* flag = std::get_if<bool>(&cell)) {
    json.Bool(*flag);
  } else if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    json.Int(*whole);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    json.Number(*real);
  } else if (const auto* text = std::get_if<std::string>(&cell)) {
    if (type == "json" && !text->empty()) {
      json.Raw(*text);
    } else {
      json.Text(*text);
    }
  } else {
    json.Null();
  }
}

void WriteList(const Row& row, std::size_t column, JsonWriter& json) {
  const std::string_view text = TextAt(row, column);
  json.Raw(text.empty() ? "[]" : text);
}

}  // namespace hb
