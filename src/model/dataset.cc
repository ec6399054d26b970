#include "model/dataset.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "env/env.h"
#include "model/tsv.h"

namespace hb::model {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return out;
}

std::optional<int> Number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int ByName(std::string_view name, const std::vector<std::string>& labels) {
  const std::string lower = Lower(name);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string label = Lower(labels[i]);
    const bool prefix = lower.size() >= 3 && (label.starts_with(lower) || lower.starts_with(label));
    if (label == lower || prefix) return static_cast<int>(i);
  }
  return -1;
}

int LabelOf(std::string_view field, const std::vector<std::pair<int, int>>& mapped,
            const std::vector<std::string>& labels) {
  const std::optional<int> number = Number(field);
  if (!number) return ByName(field, labels);
  for (const auto& [id, label] : mapped) {
    if (id == *number) return label;
  }
  if (!mapped.empty()) return -1;
  return *number >= 0 && static_cast<std::size_t>(*number) < labels.size() ? *number : -1;
}

struct Row {
  std::size_t number;  ///< Of its line.
  std::string_view label;
  std::string_view text;
};

/// The rows of a file with a column for the label and one for the text, and how many lines have
/// neither.
Result<std::size_t> ParseRows(std::string_view content, std::vector<Row>& out) {
  std::string_view line;
  Lines lines(content);
  if (!lines.Next(line)) return Error{Code::kInvalidArgument, "file is empty"};
  std::size_t label_at = SIZE_MAX;
  std::size_t text_at = SIZE_MAX;
  const auto header = Fields(line);
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string name = Lower(header[i]);
    if (name == "label" || name == "label_ids") label_at = i;
    if (name == "text" || name == "tweet" || name == "content") text_at = i;
  }
  if (label_at == SIZE_MAX || text_at == SIZE_MAX) {
    return Error{Code::kInvalidArgument, "line 1 must name the columns label and text"};
  }
  std::size_t skipped = 0;
  while (lines.Next(line)) {
    const auto fields = Fields(line);
    if (fields.size() <= std::max(label_at, text_at) || fields[text_at].empty()) {
      ++skipped;
      continue;
    }
    out.push_back({lines.number(), fields[label_at], fields[text_at]});
  }
  return skipped;
}

Error UnknownLabel(const Row& row) {
  return Error{Code::kInvalidArgument, "line " + std::to_string(row.number) + ": unknown label \"" +
                                           std::string(row.label.substr(0, 40)) + "\""};
}

/// `id<TAB>name` lines.
std::vector<std::pair<int, std::string>> ParseNames(std::string_view mapping) {
  std::vector<std::pair<int, std::string>> out;
  std::string_view line;
  Lines lines(mapping);
  while (lines.Next(line)) {
    const auto fields = Fields(line);
    if (fields.size() < 2) continue;
    const std::optional<int> id = Number(fields[0]);
    // "2<TAB>sign<TAB>_its_name_": the last column that says something is the one to read.
    if (id) out.emplace_back(*id, fields[fields.size() > 2 && !fields[2].empty() ? 2 : 1]);
  }
  return out;
}

Result<std::string> ReadIfThere(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::string();
  return ReadFile(path.string());
}

/// Numbers of a row's labels among `names`; empty if one is unknown.
std::vector<std::size_t> LabelsOf(std::string_view field,
                                  const std::vector<std::pair<int, std::string>>& names) {
  std::vector<std::size_t> out;
  for (bool more = true; more;) {
    const std::size_t comma = field.find(',');
    const std::string_view one = field.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) field.remove_prefix(comma + 1);
    const std::optional<int> id = Number(one);
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& name) {
      return id ? name.first == *id : name.second == one;
    });
    if (found == names.end()) return {};
    out.push_back(static_cast<std::size_t>(found - names.begin()));
  }
  return out;
}

/// Leaves out the labels that no row has.
void DropUnusedLabels(ForeignDataset& data) {
  std::vector<int> place(data.other_labels.size(), -1);
  for (const Example& example : data.others) place[static_cast<std::size_t>(example.label)] = 0;
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < place.size(); ++i) {
    if (place[i] < 0) continue;
    place[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(data.other_labels[i]));
  }
  for (Example& example : data.others) {
    example.label = place[static_cast<std::size_t>(example.label)];
  }
  data.other_labels = std::move(kept);
}

Result<ForeignDataset> ParseForeign(std::string_view content,
                                    const std::vector<std::pair<int, std::string>>& names,
                                    const std::vector<std::string>& labels,
                                    const std::vector<Alias>& aliases) {
  std::vector<Row> rows;
  ForeignDataset out;
  HB_ASSIGN(out.own.skipped, ParseRows(content, rows));
  out.own.labels = labels;
  std::vector<int> ours(names.size(), -1);  // Our class that a name stands for.
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.other_labels.push_back(names[i].second);
    for (const Alias& alias : aliases) {
      if (alias.from == names[i].second) ours[i] = ByName(alias.to, labels);
    }
  }
  for (const Row& row : rows) {
    const std::vector<std::size_t> found = LabelsOf(row.label, names);
    if (found.empty()) return UnknownLabel(row);
    const int first = ours[found[0]];
    if (first >= 0 &&
        std::all_of(found.begin(), found.end(), [&](std::size_t i) { return ours[i] == first; })) {
      out.own.examples.push_back({std::string(row.text), first, 1});
      continue;
    }
    const float share = 1.0f / static_cast<float>(found.size());
    for (const std::size_t i : found) {
      if (ours[i] < 0) {
        out.others.push_back({std::string(row.text), static_cast<int>(i), share});
      }
    }
  }
  DropUnusedLabels(out);
  return out;
}

}  // namespace

Result<Dataset> ParseTsv(std::string_view content, std::string_view mapping,
                         const std::vector<std::string>& labels) {
  std::vector<std::pair<int, int>> mapped;
  std::string_view line;
  Lines mapping_lines(mapping);
  while (mapping_lines.Next(line)) {
    const auto fields = Fields(line);
    if (fields.size() < 2) continue;
    const std::optional<int> id = Number(fields[0]);
    if (id) mapped.emplace_back(*id, ByName(fields[1], labels));
  }
  Dataset out;
  out.labels = labels;
  std::vector<Row> rows;
  HB_ASSIGN(out.skipped, ParseRows(content, rows));
  for (const Row& row : rows) {
    const int label = LabelOf(row.label, mapped, labels);
    if (label < 0) return UnknownLabel(row);
    out.examples.push_back({std::string(row.text), label, 1});
  }
  if (out.examples.empty()) return Error{Code::kInvalidArgument, "file has no labelled text"};
  return out;
}

Result<Dataset> ReadTsv(const std::string& path, const std::vector<std::string>& labels) {
  HB_ASSIGN(const std::string content, ReadFile(path));
  HB_ASSIGN(const std::string mapping,
            ReadIfThere(std::filesystem::path(path).parent_path() / "mapping.txt"));
  auto parsed = ParseTsv(content, mapping, labels);
  if (!parsed.ok()) return Error{parsed.error().code, path + ": " + parsed.error().message};
  return parsed;
}

Result<ForeignDataset> ReadForeign(const std::string& path, const std::vector<std::string>& labels,
                                   const std::vector<Alias>& aliases) {
  HB_ASSIGN(const std::string content, ReadFile(path));
  const auto folder = std::filesystem::path(path).parent_path();
  HB_ASSIGN(const std::string mapping, ReadIfThere(folder / "mapping.txt"));
  auto names = ParseNames(mapping);
  if (names.empty()) {
    HB_ASSIGN(const std::string list, ReadIfThere(folder / "labels.txt"));
    std::string_view line;
    for (Lines lines(list); lines.Next(line);) {
      names.emplace_back(static_cast<int>(names.size()), line);
    }
  }
  if (std::all_of(names.begin(), names.end(),
                  [&](const auto& name) { return ByName(name.second, labels) >= 0; })) {
    HB_ASSIGN(Dataset own, ReadTsv(path, labels));
    return ForeignDataset{std::move(own), {}, {}};
  }
  auto parsed = ParseForeign(content, names, labels, aliases);
  if (!parsed.ok()) return Error{parsed.error().code, path + ": " + parsed.error().message};
  return parsed;
}

}  // namespace hb::model
