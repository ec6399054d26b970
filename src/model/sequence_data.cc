#include "model/sequence_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/json.h"
#include "env/env.h"

namespace hb::model {
namespace {

std::uint32_t Both(EntityType type) { return 3u << (1 + 2 * static_cast<int>(type)); }

/// States of either place that a label's name may stand for.
std::uint32_t StatesOfName(std::string_view name) {
  if (name == "PER" || name == "person") return Both(EntityType::kPerson);
  if (name == "LOC" || name == "location") return Both(EntityType::kPlace);
  if (name == "ORG") return Both(EntityType::kOrganisation) | Both(EntityType::kGroup);
  if (name == "corporation") return Both(EntityType::kOrganisation);
  if (name == "group") return Both(EntityType::kGroup);
  if (name == "product") return Both(EntityType::kProduct);
  if (name == "creative-work") return Both(EntityType::kWork);
  if (name == "MISC") {
    return Both(EntityType::kProduct) | Both(EntityType::kWork) | Both(EntityType::kOther);
  }
  return 0;
}

constexpr std::uint32_t kBegins = 0x2AAAAAAA;  ///< States that begin an entity.

std::uint32_t Outside(EntityView view) {
  if (view != EntityView::kBtc) return 1;
  return 1 | Both(EntityType::kProduct) | Both(EntityType::kWork) | Both(EntityType::kOther);
}

struct Chunk {
  std::string_view type;
  std::size_t begin, end;
};

/// Chunks as seqeval's get_entities: an I- after another type, or after O, begins one.
std::vector<Chunk> Chunks(const std::vector<std::string>& labels) {
  std::vector<Chunk> out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string_view label = labels[i];
    if (label == "O") continue;
    const std::string_view type = label.substr(2);
    const bool on =
        label[0] == 'I' && !out.empty() && out.back().end == i && out.back().type == type;
    if (on)
      out.back().end = i + 1;
    else
      out.push_back({type, i, i + 1});
  }
  return out;
}

}  // namespace

Result<TaggedData> ParseConll(std::string_view content) {
  TaggedData data;
  TaggedPost post;
  bool wnut = false, misc = false;
  const auto finish = [&] {
    if (!post.labels.empty()) data.posts.push_back(std::move(post));
    post = {};
  };
  std::size_t number = 0;
  while (!content.empty()) {
    ++number;
    std::string_view line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(content.size(), line.size() + 1));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) {
      finish();
      continue;
    }
    const std::size_t tab = line.rfind('\t');
    const auto bad = [&](const char* what) {
      return Error{Code::kInvalidArgument, fmt::format("line {}: {}", number, what)};
    };
    if (tab == std::string_view::npos) return bad("no tab");
    const std::string_view label = line.substr(tab + 1);
    if (label != "O") {
      if (label.size() < 3 || label[1] != '-' || (label[0] != 'B' && label[0] != 'I') ||
          StatesOfName(label.substr(2)) == 0) {
        return bad("unknown label");
      }
      misc |= label.substr(2) == "MISC";
      wnut |= label[2] >= 'a';
    }
    if (!post.text.empty()) post.text += ' ';
    post.begins.push_back(static_cast<std::uint32_t>(post.text.size()));
    post.text += line.substr(0, tab);
    post.ends.push_back(static_cast<std::uint32_t>(post.text.size()));
    post.labels.emplace_back(label);
  }
  finish();
  if (data.posts.empty()) return Error{Code::kInvalidArgument, "no post"};
  data.view = wnut ? EntityView::kWnut : misc ? EntityView::kTweebank : EntityView::kBtc;
  return data;
}

Result<TaggedData> ReadConll(const std::string& path) {
  HB_ASSIGN(const std::string content, ReadFile(path));
  auto data = ParseConll(content);
  if (!data.ok()) return Error{data.error().code, path + ": " + data.error().message};
  return data;
}

void AllowedStates(const TaggedPost& post, EntityView view,
                   const std::vector<SequenceToken>& tokens, std::vector<std::uint32_t>& out) {
  out.clear();
  std::size_t gold = 0, last = post.labels.size();
  for (const SequenceToken& token : tokens) {
    while (gold + 1 < post.labels.size() && post.ends[gold] <= token.begin) ++gold;
    const std::string_view label = post.labels[gold];
    if (label == "O") {
      out.push_back(Outside(view));
    } else {
      const std::uint32_t states = StatesOfName(label.substr(2));
      const bool begins = label[0] == 'B' && gold != last;
      out.push_back(begins ? states & kBegins : states & ~kBegins);
      // What goes on with nothing (bytes that made no token) begins.
      if (!begins && (out.size() == 1 || (out[out.size() - 2] & states) == 0)) {
        out.back() = states & kBegins;
      }
    }
    last = gold;
  }
}

std::string_view ViewLabel(EntityView view, EntityType type) {
  const bool wnut = view == EntityView::kWnut;
  switch (type) {
    case EntityType::kPerson: return wnut ? "person" : "PER";
    case EntityType::kPlace: return wnut ? "location" : "LOC";
    case EntityType::kOrganisation: return wnut ? "corporation" : "ORG";
    case EntityType::kGroup: return wnut ? "group" : "ORG";
    case EntityType::kProduct: return wnut ? "product" : "MISC";
    case EntityType::kWork: return wnut ? "creative-work" : "MISC";
    case EntityType::kOther: return "MISC";
  }
  return "";
}

void ProjectLabels(const TaggedPost& post, EntityView view, const std::vector<EntitySpan>& entities,
                   std::vector<std::string>& out) {
  out.assign(post.labels.size(), "O");
  std::size_t at = 0;
  for (const EntitySpan& entity : entities) {
    while (at < out.size() && (post.ends[at] <= entity.begin || out[at] != "O")) ++at;
    for (bool first = true; at < out.size() && post.begins[at] < entity.end; ++at, first = false) {
      out[at] = fmt::format("{}-{}", first ? 'B' : 'I', ViewLabel(view, entity.type));
    }
  }
}

double EntityScores::Counts::Precision() const {
  return found == 0 ? 0 : static_cast<double>(right) / static_cast<double>(found);
}
double EntityScores::Counts::Recall() const {
  return gold == 0 ? 0 : static_cast<double>(right) / static_cast<double>(gold);
}
double EntityScores::Counts::F1() const {
  return gold + found == 0 ? 0 : 2 * static_cast<double>(right) / static_cast<double>(gold + found);
}

void EntityScores::Add(const std::vector<std::string>& gold,
                       const std::vector<std::string>& found) {
  const std::vector<Chunk> truth = Chunks(gold), guess = Chunks(found);
  for (const Chunk& chunk : truth) ++types_[std::string(chunk.type)].gold;
  for (const Chunk& chunk : guess) {
    Counts& counts = types_[std::string(chunk.type)];
    ++counts.found;
    counts.right +=
        static_cast<std::size_t>(std::any_of(truth.begin(), truth.end(), [&](const Chunk& t) {
          return std::tie(t.type, t.begin, t.end) == std::tie(chunk.type, chunk.begin, chunk.end);
        }));
  }
}

void EntityScores::Add(const EntityScores& other) {
  for (const auto& [type, counts] : other.types_) {
    Counts& sum = types_[type];
    sum.gold += counts.gold;
    sum.found += counts.found;
    sum.right += counts.right;
  }
}

EntityScores::Counts EntityScores::Total() const {
  Counts total;
  for (const auto& [type, counts] : types_) {
    total.gold += counts.gold;
    total.found += counts.found;
    total.right += counts.right;
  }
  return total;
}

std::string EntityScores::Text() const {
  std::string out =
      fmt::format("{:16}{:>10}{:>10}{:>10}{:>8}\n", "entity", "precision", "recall", "F1", "gold");
  const auto row = [&](const std::string& name, const Counts& c) {
    out += fmt::format("{:16}{:>10.4f}{:>10.4f}{:>10.4f}{:>8}\n", name, c.Precision(), c.Recall(),
                       c.F1(), c.gold);
  };
  for (const auto& [type, counts] : types_) row(type, counts);
  row("all (micro)", Total());
  return out;
}

std::string EntityScores::Json() const {
  std::string out = "{";
  const auto item = [&](const std::string& name, const Counts& c) {
    out += fmt::format(
        R"({}{}:{{"precision":{:.6f},"recall":{:.6f},"f1":{:.6f},"gold":{},"found":{},"right":{}}})",
        out.size() > 1 ? "," : "", JsonQuote(name), c.Precision(), c.Recall(), c.F1(), c.gold,
        c.found, c.right);
  };
  for (const auto& [type, counts] : types_) item(type, counts);
  item("micro", Total());
  return out + "}";
}

}  // namespace hb::model
