#include "model/multi_label.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "base/json.h"
#include "env/env.h"
#include "model/tsv.h"

namespace hb::model {
namespace {

Error AtLine(std::size_t number, const std::string& what) {
  return Error{Code::kInvalidArgument, "line " + std::to_string(number) + ": " + what};
}

std::optional<float> Share(std::string_view text) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(value >= 0 && value <= 1)) return std::nullopt;
  return value;
}

Result<MultiLabelSet> ParseJsonLines(std::string_view content,
                                     const std::vector<std::string>& labels) {
  MultiLabelSet out{.labels = labels, .texts = {}, .targets = {}};
  simdjson::dom::parser parser;
  Lines lines(content);
  std::string_view line;
  while (lines.Next(line)) {
    if (line.empty()) continue;
    simdjson::dom::object object;
    if (parser.parse(line.data(), line.size()).get(object) != simdjson::SUCCESS) {
      return AtLine(lines.number(), "no JSON object");
    }
    std::string_view text;
    if (object["text"].get(text) != simdjson::SUCCESS || text.empty()) {
      ++out.skipped;
      continue;
    }
    out.texts.emplace_back(text);
    for (const std::string& label : labels) {
      double value = 0;
      if (object[label].get(value) != simdjson::SUCCESS || !(value >= 0 && value <= 1)) {
        return AtLine(lines.number(), "\"" + label + "\" is no number from 0 to 1");
      }
      out.targets.push_back(static_cast<float>(value));
    }
  }
  return out;
}

/// Where a table's columns stand.
struct Columns {
  std::size_t text = SIZE_MAX, ids = SIZE_MAX;
  std::vector<std::size_t> labels;  ///< Empty where `ids` is there.
  std::size_t last = 0;
};

Result<Columns> FindColumns(std::string_view header, const std::vector<std::string>& labels) {
  const auto names = Fields(header);
  const auto place = [&](std::string_view name) {
    const auto at = std::find(names.begin(), names.end(), name);
    return at == names.end() ? SIZE_MAX : static_cast<std::size_t>(at - names.begin());
  };
  Columns columns{.text = place("text"), .ids = place("label_ids"), .labels = {}};
  if (columns.text == SIZE_MAX) return AtLine(1, "no column text");
  columns.last = columns.text;
  if (columns.ids != SIZE_MAX) {
    columns.last = std::max(columns.last, columns.ids);
    return columns;
  }
  for (const std::string& label : labels) {
    columns.labels.push_back(place(label));
    if (columns.labels.back() == SIZE_MAX) return AtLine(1, "no column " + label);
    columns.last = std::max(columns.last, columns.labels.back());
  }
  return columns;
}

/// Appends a row's targets; false if they cannot be read.
bool ReadTargets(const std::vector<std::string_view>& fields, const Columns& columns,
                 std::size_t labels, std::vector<float>& out) {
  if (columns.ids == SIZE_MAX) {
    for (const std::size_t column : columns.labels) {
      const std::optional<float> share = Share(fields[column]);
      if (!share) return false;
      out.push_back(*share);
    }
    return true;
  }
  const std::size_t row = out.size();
  out.resize(row + labels, 0.0F);
  std::string_view rest = fields[columns.ids];
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const std::string_view one = rest.substr(0, comma);
    std::size_t id = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), id);
    if (error != std::errc() || end != one.data() + one.size() || id >= labels) return false;
    out[row + id] = 1;
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  return true;
}

Result<MultiLabelSet> ParseTable(std::string_view content, const std::vector<std::string>& labels) {
  MultiLabelSet out{.labels = labels, .texts = {}, .targets = {}};
  Lines lines(content);
  std::string_view line;
  if (!lines.Next(line)) return Error{Code::kInvalidArgument, "file is empty"};
  HB_ASSIGN(const Columns columns, FindColumns(line, labels));
  while (lines.Next(line)) {
    const auto fields = Fields(line);
    if (fields.size() <= columns.last || fields[columns.text].empty()) {
      ++out.skipped;
      continue;
    }
    if (!ReadTargets(fields, columns, labels.size(), out.targets)) {
      return AtLine(lines.number(), "its labels are no numbers that fit");
    }
    out.texts.emplace_back(fields[columns.text]);
  }
  return out;
}

double Ratio(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Result<MultiLabelSet> ParseMultiLabel(std::string_view content,
                                      const std::vector<std::string>& labels) {
  HB_ASSIGN(MultiLabelSet out, content.starts_with('{') ? ParseJsonLines(content, labels)
                                                        : ParseTable(content, labels));
  if (out.texts.empty()) return Error{Code::kInvalidArgument, "no line has a text"};
  return out;
}

Result<MultiLabelSet> ReadMultiLabel(const std::string& path,
                                     const std::vector<std::string>& labels) {
  HB_ASSIGN(const std::string content, ReadFile(path));
  auto parsed = ParseMultiLabel(content, labels);
  if (!parsed.ok()) return Error{parsed.error().code, path + ": " + parsed.error().message};
  return parsed;
}

double LabelScores::Counts::Precision() const { return Ratio(right, found); }
double LabelScores::Counts::Recall() const { return Ratio(right, gold); }
double LabelScores::Counts::F1() const { return Ratio(2 * right, gold + found); }

void LabelScores::Add(std::size_t label, bool gold, bool found) {
  Counts& counts = counts_[label];
  counts.gold += gold ? 1 : 0;
  counts.found += found ? 1 : 0;
  counts.right += gold && found ? 1 : 0;
}

LabelScores::Counts LabelScores::Total() const {
  Counts total;
  for (const Counts& counts : counts_) {
    total.gold += counts.gold;
    total.found += counts.found;
    total.right += counts.right;
  }
  return total;
}

double LabelScores::MacroF1() const {
  double sum = 0;
  std::size_t labels = 0;
  for (const Counts& counts : counts_) {
    if (counts.gold == 0) continue;
    sum += counts.F1();
    ++labels;
  }
  return labels == 0 ? 0 : sum / static_cast<double>(labels);
}

std::string LabelScores::Text() const {
  std::size_t width = 5;
  for (const std::string& label : labels_) width = std::max(width, label.size());
  std::string out = fmt::format("examples  {:9}\nmicro-F1  {:9.4f}\nmacro-F1  {:9.4f}\n\n", texts_,
                                MicroF1(), MacroF1());
  out += fmt::format("{:{}}  precision  recall      F1   count\n", "label", width);
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    out +=
        fmt::format("{:{}}  {:9.4f}  {:6.4f}  {:6.4f}  {:6}\n", labels_[i], width,
                    counts_[i].Precision(), counts_[i].Recall(), counts_[i].F1(), counts_[i].gold);
  }
  return out;
}

std::string LabelScores::Json() const {
  std::string labels;
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    labels +=
        fmt::format(R"({}{{"label":{},"precision":{:.6f},"recall":{:.6f},"f1":{:.6f},"count":{}}})",
                    i == 0 ? "" : ",", JsonQuote(labels_[i]), counts_[i].Precision(),
                    counts_[i].Recall(), counts_[i].F1(), counts_[i].gold);
  }
  return fmt::format(R"({{"examples":{},"micro_f1":{:.6f},"macro_f1":{:.6f},"labels":[{}]}})",
                     texts_, MicroF1(), MacroF1(), labels);
}

}  // namespace hb::model
