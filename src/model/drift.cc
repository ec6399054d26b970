#include "model/drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"

namespace hb::model {

namespace {

constexpr double k95 = 1.959963984540054;

double Share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void Drift::Count(std::string_view label, std::uint64_t a, std::uint64_t b) {
  auto at = labels_.find(label);
  if (at == labels_.end())
    at = labels_.emplace(std::string(label), std::array<std::uint64_t, 2>{}).first;
  at->second[0] += a;
  at->second[1] += b;
  total_a_ += a;
  total_b_ += b;
}

void Drift::CountBoth(std::string_view label_a, std::string_view label_b, std::uint64_t posts) {
  Count(label_a, posts, 0);
  Count(label_b, 0, posts);
  pairs_[std::string(label_a)][std::string(label_b)] += posts;
}

std::vector<Drift::Row> Drift::Rows() const {
  std::vector<Row> rows;
  for (const auto& [label, counts] : labels_) {
    Row row{.label = label, .a = counts[0], .b = counts[1]};
    row.share_a = Share(row.a, total_a_);
    row.share_b = Share(row.b, total_b_);
    row.difference = row.share_b - row.share_a;
    double variance = 0;
    if (paired()) {
      // Only posts that have the label once move it (McNemar): of n posts b left and c came.
      std::uint64_t both = 0;
      if (const auto at = pairs_.find(label); at != pairs_.end()) {
        if (const auto same = at->second.find(label); same != at->second.end()) both = same->second;
      }
      const auto n = static_cast<double>(total_a_);
      const auto moved = static_cast<double>(row.a - both + row.b - both);
      if (n > 0) variance = (moved / n - row.difference * row.difference) / n;
    } else {
      if (total_a_ > 0) variance += row.share_a * (1 - row.share_a) / static_cast<double>(total_a_);
      if (total_b_ > 0) variance += row.share_b * (1 - row.share_b) / static_cast<double>(total_b_);
    }
    const double margin = k95 * std::sqrt(std::max(variance, 0.0));
    row.low = std::max(row.difference - margin, -1.0);
    row.high = std::min(row.difference + margin, 1.0);
    rows.push_back(std::move(row));
  }
  return rows;
}

double Drift::JensenShannon() const {
  if (total_a_ == 0 || total_b_ == 0) return 0;
  double sum = 0;
  for (const Row& row : Rows()) {
    const double middle = (row.share_a + row.share_b) / 2;
    if (row.share_a > 0) sum += row.share_a / 2 * std::log2(row.share_a / middle);
    if (row.share_b > 0) sum += row.share_b / 2 * std::log2(row.share_b / middle);
  }
  return std::clamp(sum, 0.0, 1.0);
}

double Drift::Psi() const {
  if (total_a_ == 0 || total_b_ == 0) return 0;
  const double more = static_cast<double>(labels_.size()) / 2;
  double sum = 0;
  for (const auto& [label, counts] : labels_) {
    const double a =
        (static_cast<double>(counts[0]) + 0.5) / (static_cast<double>(total_a_) + more);
    const double b =
        (static_cast<double>(counts[1]) + 0.5) / (static_cast<double>(total_b_) + more);
    sum += (b - a) * std::log(b / a);
  }
  return sum;
}

double Drift::Agreement() const {
  std::uint64_t same = 0;
  for (const auto& [label, others] : pairs_) {
    if (const auto at = others.find(label); at != others.end()) same += at->second;
  }
  return Share(same, total_a_);
}

double Drift::Kappa() const {
  double chance = 0;
  for (const Row& row : Rows()) chance += row.share_a * row.share_b;
  return chance >= 1 ? 1 : (Agreement() - chance) / (1 - chance);
}

std::string Drift::Text(std::string_view a, std::string_view b, std::size_t most) const {
  std::vector<Row> rows = Rows();
  if (rows.size() > most) {
    std::stable_sort(rows.begin(), rows.end(), [](const Row& x, const Row& y) {
      return std::abs(x.difference) > std::abs(y.difference);
    });
  }
  std::string out = fmt::format("{}: {} posts {}, {} posts {}; divergence {:.4f} bits, psi {:.4f}",
                                what_, total_a_, a, total_b_, b, JensenShannon(), Psi());
  if (paired()) out += fmt::format(", agreement {:.4f}, kappa {:.4f}", Agreement(), Kappa());
  out += "\n";
  std::size_t width = 5;
  for (std::size_t i = 0; i < std::min(most, rows.size()); ++i)
    width = std::max(width, rows[i].label.size());
  out +=
      fmt::format("  {:<{}}  {:>8}  {:>8}  {:>9}  {}\n", "label", width, "A", "B", "B - A", "95 %");
  for (std::size_t i = 0; i < std::min(most, rows.size()); ++i) {
    const Row& row = rows[i];
    out += fmt::format("  {:<{}}  {:>7.2f}%  {:>7.2f}%  {:>+8.2f}%  {:+.2f}% to {:+.2f}%\n",
                       row.label, width, row.share_a * 100, row.share_b * 100, row.difference * 100,
                       row.low * 100, row.high * 100);
  }
  if (rows.size() > most) out += fmt::format("  and {} more\n", rows.size() - most);
  if (!paired() || labels_.size() > most) return out;
  out += fmt::format("  {:<{}}", "A \\ B", width);
  for (const auto& [label, counts] : labels_) out += fmt::format("  {:>10}", label);
  out += "\n";
  for (const auto& [label, counts] : labels_) {
    out += fmt::format("  {:<{}}", label, width);
    const auto at = pairs_.find(label);
    for (const auto& [other, ignored] : labels_) {
      std::uint64_t posts = 0;
      if (at != pairs_.end()) {
        if (const auto pair = at->second.find(other); pair != at->second.end())
          posts = pair->second;
      }
      out += fmt::format("  {:>10}", posts);
    }
    out += "\n";
  }
  return out;
}

std::string Drift::Json() const {
  std::string out = "{\"what\":" + JsonQuote(what_);
  out += fmt::format(",\"posts_a\":{},\"posts_b\":{},\"jensen_shannon\":{:.6f},\"psi\":{:.6f}",
                     total_a_, total_b_, JensenShannon(), Psi());
  if (paired()) out += fmt::format(",\"agreement\":{:.6f},\"kappa\":{:.6f}", Agreement(), Kappa());
  out += ",\"labels\":[";
  bool first = true;
  for (const Row& row : Rows()) {
    out += fmt::format(
        "{}{{\"label\":{},\"a\":{},\"b\":{},\"share_a\":{:.6f},\"share_b\":{:.6f},"
        "\"difference\":{:.6f},\"low\":{:.6f},\"high\":{:.6f}}}",
        first ? "" : ",", JsonQuote(row.label), row.a, row.b, row.share_a, row.share_b,
        row.difference, row.low, row.high);
    first = false;
  }
  out += "]";
  if (paired()) {
    out += ",\"matrix\":{";
    first = true;
    for (const auto& [label, others] : pairs_) {
      out += (first ? "" : ",") + JsonQuote(label) + ":{";
      first = true;
      for (const auto& [other, posts] : others) {
        out += fmt::format("{}{}:{}", first ? "" : ",", JsonQuote(other), posts);
        first = false;
      }
      out += "}";
      first = false;
    }
    out += "}";
  }
  return out + "}";
}

}  // namespace hb::model
