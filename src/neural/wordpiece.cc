#include "neural/wordpiece.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace hb::neural {
namespace {

Result<BertRules> ReadRules(const JsonNode& root) {
  HB_ASSIGN(const JsonNode node, root.Get("normalizer"));
  if (node.IsNull()) return BertRules{false, false, false, false};
  HB_ASSIGN(const std::string_view type, node.GetString("type"));
  if (type != "BertNormalizer") {
    return node.Unsupported(
        fmt::format("\"{}\" (with WordPiece only BertNormalizer is)", CutBytes(type, 40)));
  }
  BertRules rules;
  HB_ASSIGN(rules.clean_text, node.GetBool("clean_text", true));
  HB_ASSIGN(rules.space_ideographs, node.GetBool("handle_chinese_chars", true));
  HB_ASSIGN(rules.lower_case, node.GetBool("lowercase", true));
  HB_ASSIGN(rules.strip_accents, node.GetBool("strip_accents", rules.lower_case));
  return rules;
}

Status CheckPreTokenizer(const JsonNode& root) {
  HB_ASSIGN(const JsonNode node, root.Get("pre_tokenizer"));
  if (node.IsNull()) return node.Unsupported("words that are not parted");
  HB_ASSIGN(const std::string_view type, node.GetString("type"));
  if (type == "BertPreTokenizer") return Ok();
  return node.Unsupported(
      fmt::format("\"{}\" (with WordPiece only BertPreTokenizer is)", CutBytes(type, 40)));
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> WordPiece::Create(const Vocabulary& words, Options options,
                                                     TokenizerParts parts) {
  const auto known = [&](std::string_view name) {
    return std::any_of(words.begin(), words.end(),
                       [name](const auto& word) { return word.first == name; });
  };
  if (!known(options.unknown)) {
    return Error{Code::kCorrupt,
                 fmt::format("the vocabulary lacks \"{}\", its word for the unknown",
                             CutBytes(options.unknown, 40))};
  }
  return std::unique_ptr<Tokenizer>(new WordPiece(words, std::move(options), std::move(parts)));
}

WordPiece::WordPiece(const Vocabulary& words, Options options, TokenizerParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      added_(parts_.added),
      table_(BertTable::For(options_.rules)) {
  Vocabulary filled;
  filled.reserve(words.size());
  for (const auto& word : words) {
    if (!word.first.empty()) filled.push_back(word);
  }
  trie_ = Trie(std::move(filled));
  continued_ = trie_.Walk(Trie::kRoot, options_.continued);
  unknown_ = trie_.Find(options_.unknown);
}

Result<std::unique_ptr<Tokenizer>> WordPiece::FromVocabulary(std::string_view file,
                                                             BertRules rules) {
  Vocabulary words;
  std::int32_t line_number = 0;
  for (std::size_t at = 0; at < file.size(); ++line_number) {
    const std::size_t end = std::min(file.find('\n', at), file.size());
    std::string_view word = file.substr(at, end - at);
    at = end + 1;
    if (word.ends_with('\r')) word.remove_suffix(1);
    if (word.empty()) continue;
    if (line_number > kMaxTokenId) {
      return Error{Code::kCorrupt,
                   fmt::format("the vocabulary has more than {} lines", kMaxTokenId)};
    }
    if (!IsValidUtf8(word)) {
      return Error{Code::kCorrupt, fmt::format("line {} is not UTF-8", line_number + 1)};
    }
    words.emplace_back(word, line_number);
  }
  HB_TRY(CheckVocabulary(words, "the vocabulary"));
  TokenizerParts parts;
  parts.size = line_number;
  const auto id_of = [&words](std::string_view name) -> Result<std::int32_t> {
    for (const auto& [word, id] : words) {
      if (word == name) return id;
    }
    return Error{Code::kCorrupt, fmt::format("the vocabulary lacks \"{}\"", name)};
  };
  HB_ASSIGN(const std::int32_t begin, id_of("[CLS]"));
  HB_ASSIGN(const std::int32_t end, id_of("[SEP]"));
  HB_ASSIGN(parts.pad, id_of("[PAD]"));
  parts.head = {begin};
  parts.tail = {end};
  Options options;
  options.rules = rules;
  return Create(words, std::move(options), std::move(parts));
}

Result<std::unique_ptr<Tokenizer>> WordPiece::FromJson(const JsonNode& root) {
  Options options;
  HB_ASSIGN(options.rules, ReadRules(root));
  HB_TRY(CheckPreTokenizer(root));
  HB_ASSIGN(const JsonNode model, root.Get("model"));
  if (model.Has("unk_token")) {
    HB_ASSIGN(options.unknown, model.GetString("unk_token"));
  }
  if (model.Has("continuing_subword_prefix")) {
    HB_ASSIGN(options.continued, model.GetString("continuing_subword_prefix"));
  }
  if (model.Has("max_input_chars_per_word")) {
    HB_ASSIGN(const JsonNode limit, model.Get("max_input_chars_per_word"));
    HB_ASSIGN(const std::int32_t characters, limit.Id());
    // Longer words would make the search slow, and no vocabulary knows any.
    if (characters > 1000) return limit.Unsupported("words of more than 1000 characters");
    options.max_word_characters = static_cast<std::size_t>(characters);
  }
  HB_ASSIGN(const JsonNode vocab, model.Get("vocab"));
  HB_ASSIGN(const Vocabulary words, ReadVocabulary(vocab));
  HB_ASSIGN(TokenizerParts parts, ReadParts(root, words));
  for (const AddedToken& token : parts.added) {
    if (token.normalized) {
      return Error{Code::kInvalidArgument,
                   fmt::format("added_tokens has \"{}\", to be found in normalised text, which is "
                               "not supported with WordPiece",
                               CutBytes(token.content, 40))};
    }
  }
  return Create(words, std::move(options), std::move(parts));
}

void WordPiece::Append(const BertWord& word, std::vector<std::int32_t>& out) const {
  if (word.characters > options_.max_word_characters) {
    out.push_back(unknown_);
    return;
  }
  const std::size_t before = out.size();
  const std::string_view bytes = word.bytes;
  for (std::size_t at = 0; at < bytes.size();) {
    Trie::State state = at == 0 ? Trie::kRoot : continued_;
    std::int32_t best = -1;
    std::size_t end = at;
    for (std::size_t i = at; state != Trie::kNowhere && i < bytes.size(); ++i) {
      state = trie_.Step(state, static_cast<unsigned char>(bytes[i]));
      if (state == Trie::kNowhere) break;
      if (trie_.Value(state) >= 0) {
        best = trie_.Value(state);
        end = i + 1;
      }
    }
    if (best < 0) {
      out.resize(before);
      out.push_back(unknown_);
      return;
    }
    out.push_back(best);
    at = end;
  }
}

void WordPiece::Encode(std::string_view text, std::size_t max_tokens,
                       std::vector<std::int32_t>& out) const {
  Enclose(parts_, max_tokens, out, [&](std::size_t limit, const auto& token) {
    BertReader& reader = readers_.Get();
    BertWord word;
    ForEachPart(
        added_, text,
        [&](std::string_view part) {
          reader.Start(table_, part, options_.max_word_characters);
          while (out.size() < limit && reader.Next(word)) Append(word, out);
          return out.size() < limit;
        },
        token);
  });
}

}  // namespace hb::neural
