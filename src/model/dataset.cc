#include "model/dataset.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "env/env.h"

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

/// Hands out lines without their ends.
class Lines {
 public:
  explicit Lines(std::string_view content) : rest_(content) {}
  bool Next(std::string_view& line) {
    if (rest_.empty()) return false;
    const std::size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number_;
    return true;
  }
  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

std::vector<std::string_view> Fields(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
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
  Lines lines(content);
  if (!lines.Next(line)) return Error{Code::kInvalidArgument, "file is empty"};
  std::size_t label_at = SIZE_MAX;
  std::size_t text_at = SIZE_MAX;
  const auto header = Fields(line);
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string name = Lower(header[i]);
    if (name == "label") label_at = i;
    if (name == "text" || name == "tweet" || name == "content") text_at = i;
  }
  if (label_at == SIZE_MAX || text_at == SIZE_MAX) {
    return Error{Code::kInvalidArgument, "line 1 must name the columns label and text"};
  }
  while (lines.Next(line)) {
    const auto fields = Fields(line);
    if (fields.size() <= std::max(label_at, text_at) || fields[text_at].empty()) {
      ++out.skipped;
      continue;
    }
    const int label = LabelOf(fields[label_at], mapped, labels);
    if (label < 0) {
      return Error{Code::kInvalidArgument, "line " + std::to_string(lines.number()) +
                                               ": unknown label \"" +
                                               std::string(fields[label_at].substr(0, 40)) + "\""};
    }
    out.examples.push_back({std::string(fields[text_at]), label, 1});
  }
  if (out.examples.empty()) return Error{Code::kInvalidArgument, "file has no labelled text"};
  return out;
}

Result<Dataset> ReadTsv(const std::string& path, const std::vector<std::string>& labels) {
  HB_ASSIGN(const std::string content, ReadFile(path));
  const auto mapping_path = std::filesystem::path(path).parent_path() / "mapping.txt";
  std::string mapping;
  std::error_code ignored;
  if (std::filesystem::exists(mapping_path, ignored)) {
    HB_ASSIGN(mapping, ReadFile(mapping_path.string()));
  }
  auto parsed = ParseTsv(content, mapping, labels);
  if (!parsed.ok()) return Error{parsed.error().code, path + ": " + parsed.error().message};
  return parsed;
}

}  // namespace hb::model
