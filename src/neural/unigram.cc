#include "neural/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/utf8.h"

namespace hb::neural {
namespace {

std::string Shown(std::string_view word) { return fmt::format("\"{}\"", CutBytes(word, 40)); }

/// Below the least probable piece, so that an unknown character is the last resort (sentencepiece).
constexpr double kUnknownPenalty = 10.0;

}  // namespace

Result<Metaspace> Metaspace::FromJson(const JsonNode& node) {
  HB_ASSIGN(const std::string_view type, node.GetString("type"));
  if (type == "Sequence") {
    HB_ASSIGN(const JsonNode list, node.Get("pretokenizers"));
    HB_ASSIGN(const std::vector<JsonNode> items, list.Items());
    if (items.size() == 2) {
      HB_ASSIGN(const std::string_view first, items[0].GetString("type"));
      HB_ASSIGN(const std::string_view second, items[1].GetString("type"));
      if (first == "WhitespaceSplit" && second == "Metaspace") {
        HB_ASSIGN(Metaspace made, FromJson(items[1]));
        made.at_blanks = true;
        return made;
      }
    }
  }
  if (type != "Metaspace") {
    return node.Unsupported(fmt::format(
        "{} (with Unigram only Metaspace is, or WhitespaceSplit and Metaspace)", Shown(type)));
  }
  Metaspace made;
  HB_ASSIGN(const std::string_view replacement, node.GetString("replacement"));
  if (CountCodePoints(replacement) != 1) {
    return node.Corrupt("has a replacement that is not one character");
  }
  made.replacement = replacement;
  HB_ASSIGN(made.split, node.GetBool("split", true));
  HB_ASSIGN(const bool prefix, node.GetBool("add_prefix_space", true));
  std::string_view scheme = prefix ? "always" : "never";
  if (node.Has("prepend_scheme")) {
    HB_ASSIGN(scheme, node.GetString("prepend_scheme"));
  }
  if (scheme == "first") {
    made.prepend = Prepend::kFirst;
  } else if (scheme == "never") {
    made.prepend = Prepend::kNever;
  } else if (scheme != "always") {
    return node.Corrupt(fmt::format("has the prepend_scheme {}", Shown(scheme)));
  }
  return made;
}

Status Unigram::ReadModel(const JsonNode& model, Vocabulary& words) {
  HB_ASSIGN(const JsonNode list, model.Get("vocab"));
  simdjson::dom::array items;
  if (list.value().get(items) != simdjson::SUCCESS) return list.Corrupt("is not a list");
  double least = 0;
  for (const simdjson::dom::element item : items) {
    simdjson::dom::array pair;
    std::string_view word;
    double score = 0;
    if (item.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
        pair.at(0).get(word) != simdjson::SUCCESS || pair.at(1).get(score) != simdjson::SUCCESS) {
      return list.Corrupt(
          fmt::format("has, at {}, what is not a word and its score", words.size()));
    }
    if (static_cast<std::int32_t>(words.size()) > kMaxTokenId) {
      return list.Corrupt(fmt::format("has more than {} words", kMaxTokenId));
    }
    least = words.empty() ? score : std::min(least, score);
    words.emplace_back(word, static_cast<std::int32_t>(words.size()));
    scores_.push_back(score);
  }
  unknown_score_ = least - kUnknownPenalty;

  if (!model.Has("unk_id")) return model.Unsupported("no unk_id");
  HB_ASSIGN(const JsonNode unknown, model.Get("unk_id"));
  HB_ASSIGN(unknown_, unknown.Id());
  if (static_cast<std::size_t>(unknown_) >= words.size()) {
    return unknown.Corrupt(fmt::format("is {}, of {} words", unknown_, words.size()));
  }
  // The trainer of `tokenizers` may give a mark twice: the last counts, as there.
  Vocabulary known = words;
  std::sort(known.begin(), known.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  });
  known.erase(std::unique(known.begin(), known.end(),
                          [](const auto& a, const auto& b) { return a.first == b.first; }),
              known.end());
  std::erase_if(known, [](const auto& word) { return word.first.empty(); });
  HB_TRY(CheckVocabulary(known, list.path()));
  trie_ = Trie(std::move(known));
  HB_ASSIGN(byte_fallback_, model.GetBool("byte_fallback", false));
  for (std::size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    byte_ids_[byte] = trie_.Find(fmt::format("<0x{:02X}>", byte));
  }
  return Ok();
}

Result<std::unique_ptr<Tokenizer>> Unigram::FromJson(const JsonNode& root) {
  std::unique_ptr<Unigram> made(new Unigram());
  HB_ASSIGN(const JsonNode normalizer, root.Get("normalizer"));
  HB_ASSIGN(made->normalizer_, UnigramNormalizer::FromJson(normalizer));
  HB_ASSIGN(const JsonNode parting, root.Get("pre_tokenizer"));
  HB_ASSIGN(made->metaspace_, Metaspace::FromJson(parting));
  HB_ASSIGN(const JsonNode model, root.Get("model"));
  Vocabulary words;
  HB_TRY(made->ReadModel(model, words));
  HB_ASSIGN(made->parts_, ReadParts(root, words));

  std::vector<AddedToken> raw, normalized;
  std::string spare;
  for (AddedToken token : made->parts_.added) {
    if (token.normalized) {
      // Looked for as it would stand in a normalised text.
      made->normalizer_.Apply(token.content, spare);
      normalized.push_back(std::move(token));
    } else {
      raw.push_back(std::move(token));
    }
  }
  std::sort(normalized.begin(), normalized.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.content < b.content; });
  for (std::size_t i = 1; i < normalized.size(); ++i) {
    if (normalized[i].content == normalized[i - 1].content) {
      return Error{Code::kCorrupt, fmt::format("added_tokens has {} twice, once normalised",
                                               Shown(normalized[i].content))};
    }
  }
  made->raw_ = AddedTokens(std::move(raw));
  made->normalized_ = AddedTokens(std::move(normalized));
  return std::unique_ptr<Tokenizer>(std::move(made));
}

/// Fills `nodes`, one for each byte offset of `word` and its end.
void Unigram::Forward(std::string_view word, std::vector<Node>& nodes) const {
  nodes.assign(word.size() + 1, Node{});
  const auto offer = [&nodes](std::size_t begin, std::size_t end, std::int32_t id, double score) {
    Node& node = nodes[end];
    const double sum = score + nodes[begin].score;
    if (node.id >= 0 && !(sum > node.score)) return;
    node = {sum, id, static_cast<std::uint32_t>(begin)};
  };
  for (std::size_t begin = 0; begin < word.size();) {
    const std::size_t size = DecodeUtf8(word, begin).size;
    bool alone = false;  // Whether the character is a piece by itself.
    Trie::State state = Trie::kRoot;
    for (std::size_t i = begin; i < word.size(); ++i) {
      state = trie_.Step(state, static_cast<unsigned char>(word[i]));
      if (state == Trie::kNowhere) break;
      const std::int32_t id = trie_.Value(state);
      if (id < 0) continue;
      offer(begin, i + 1, id, scores_[static_cast<std::size_t>(id)]);
      alone = alone || i + 1 - begin == size;
    }
    if (!alone) offer(begin, begin + size, unknown_, unknown_score_);
    begin += size;
  }
}

void Unigram::AppendWord(std::string_view word, Scratch& scratch,
                         std::vector<std::int32_t>& out) const {
  Forward(word, scratch.nodes);
  std::vector<Piece>& pieces = scratch.pieces;
  pieces.clear();
  for (std::size_t end = word.size(); end > 0;) {
    const Node& node = scratch.nodes[end];
    // Unknown pieces in a row are one.
    if (node.id == unknown_ && !pieces.empty() && pieces.back().id == unknown_) {
      pieces.back().begin = node.begin;
    } else {
      pieces.push_back({node.begin, static_cast<std::uint32_t>(end), node.id});
    }
    end = node.begin;
  }
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    if (piece->id != unknown_) {
      out.push_back(piece->id);
      continue;
    }
    const std::string_view text = word.substr(piece->begin, piece->end - piece->begin);
    // All of it may be a word though its characters are none.
    if (const std::int32_t id = trie_.Find(text); id >= 0) {
      out.push_back(id);
      continue;
    }
    const auto byte_id = [this](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
    if (byte_fallback_ &&
        std::all_of(text.begin(), text.end(), [&](char c) { return byte_id(c) >= 0; })) {
      std::transform(text.begin(), text.end(), std::back_inserter(out), byte_id);
    } else {
      out.push_back(unknown_);
    }
  }
}

/// A run without the blanks at which texts are parted, if they are.
void Unigram::AppendRun(std::string_view run, bool first, std::size_t limit, Scratch& scratch,
                        std::vector<std::int32_t>& out) const {
  if (run.empty()) return;
  const std::string& mark = metaspace_.replacement;
  std::string& words = scratch.words;
  words.clear();
  const bool prepends = metaspace_.prepend == Metaspace::Prepend::kAlways ||
                        (metaspace_.prepend == Metaspace::Prepend::kFirst && first);
  if (prepends && run[0] != ' ' && !run.starts_with(mark)) words = mark;
  for (const char c : run) {
    if (c == ' ') {
      words += mark;
    } else {
      words.push_back(c);
    }
  }
  for (std::size_t at = 0; at < words.size() && out.size() < limit;) {
    std::size_t end = words.size();
    if (metaspace_.split) {
      // Past a mark's first byte: the next mark begins there at the earliest.
      end = std::min(words.find(mark, at + 1), words.size());
    }
    AppendWord(std::string_view(words).substr(at, end - at), scratch, out);
    at = end;
  }
}

void Unigram::AppendPart(std::string_view part, bool first, std::size_t limit, Scratch& scratch,
                         std::vector<std::int32_t>& out) const {
  if (!metaspace_.at_blanks) return AppendRun(part, first, limit, scratch, out);
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= part.size() && out.size() < limit;) {
    const CodePoint point = at < part.size() ? DecodeUtf8(part, at) : CodePoint{' ', 1, true};
    if (IsBlankPoint(point.code)) {
      AppendRun(part.substr(begin, at - begin), first && begin == 0, limit, scratch, out);
      begin = at + point.size;
    }
    at += point.size;
  }
}

void Unigram::Encode(std::string_view text, std::size_t max_tokens,
                     std::vector<std::int32_t>& out) const {
  Enclose(parts_, max_tokens, out, [&](std::size_t limit, const auto& token) {
    Scratch& scratch = scratch_.Get();
    const std::string_view valid = ValidUtf8(text, scratch.repaired);
    ForEachPart(
        raw_, valid,
        [&](std::string_view part) {
          scratch.text = part;
          const bool kept = normalizer_.Apply(scratch.text, scratch.spare);
          const bool first = kept && part.data() == valid.data();
          return ForEachPart(
              normalized_, scratch.text,
              [&](std::string_view piece) {
                AppendPart(piece, first && piece.data() == scratch.text.data(), limit, scratch,
                           out);
                return out.size() < limit;
              },
              token);
        },
        token);
  });
}

}  // namespace hb::neural
