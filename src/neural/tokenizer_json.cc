#include "neural/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace hb::neural {
namespace {

/// More added tokens than any model has; an item of JsonNode::Items costs some 100 bytes.
constexpr std::size_t kMaxItems = 100'000;

/// Short enough for a message.
std::string Shown(std::string_view word) {
  const std::string_view cut = CutBytes(word, 40);
  return cut.size() < word.size() ? fmt::format("\"{}...\"", cut) : fmt::format("\"{}\"", cut);
}

Result<AddedToken> ReadAddedToken(const JsonNode& node) {
  AddedToken token;
  HB_ASSIGN(const std::string_view content, node.GetString("content"));
  if (content.size() > kMaxTokenBytes) {
    return node.Corrupt(
        fmt::format("has {} bytes, at most {} are allowed", content.size(), kMaxTokenBytes));
  }
  token.content = content;
  HB_ASSIGN(const JsonNode id, node.Get("id"));
  HB_ASSIGN(token.id, id.Id());
  HB_ASSIGN(const bool special, node.GetBool("special", false));
  HB_ASSIGN(token.single_word, node.GetBool("single_word", false));
  HB_ASSIGN(token.lstrip, node.GetBool("lstrip", false));
  HB_ASSIGN(token.rstrip, node.GetBool("rstrip", false));
  HB_ASSIGN(token.normalized, node.GetBool("normalized", !special));
  return token;
}

Result<std::vector<AddedToken>> ReadAdded(const JsonNode& root) {
  std::vector<AddedToken> added;
  if (!root.Has("added_tokens")) return added;
  HB_ASSIGN(const JsonNode list, root.Get("added_tokens"));
  HB_ASSIGN(const std::vector<JsonNode> items, list.Items());
  for (const JsonNode& item : items) {
    HB_ASSIGN(AddedToken token, ReadAddedToken(item));
    added.push_back(std::move(token));
  }
  std::vector<std::string_view> contents;
  for (const AddedToken& token : added) contents.push_back(token.content);
  std::sort(contents.begin(), contents.end());
  const auto twice = std::adjacent_find(contents.begin(), contents.end());
  if (twice != contents.end()) return list.Corrupt(Shown(*twice) + " comes twice");
  return added;
}

using Ids = std::vector<std::int32_t>;

/// ["</s>", 2]
Result<std::int32_t> ReadMark(const JsonNode& node, std::string_view name) {
  HB_ASSIGN(const JsonNode pair, node.Get(name));
  HB_ASSIGN(const std::vector<JsonNode> items, pair.Items());
  if (items.size() != 2) return pair.Corrupt("is not a token and its id");
  return items[1].Id();
}

/// The marks around a single text, of TemplateProcessing.
Status ReadTemplate(const JsonNode& node, TokenizerParts& parts) {
  HB_ASSIGN(const JsonNode single, node.Get("single"));
  HB_ASSIGN(const std::vector<JsonNode> items, single.Items());
  bool text_seen = false;
  for (const JsonNode& item : items) {
    if (item.Has("Sequence")) {
      if (text_seen) return item.Unsupported("a text that comes twice");
      text_seen = true;
      continue;
    }
    HB_ASSIGN(const JsonNode mark, item.Get("SpecialToken"));
    HB_ASSIGN(const std::string_view name, mark.GetString("id"));
    HB_ASSIGN(const JsonNode table, node.Get("special_tokens"));
    HB_ASSIGN(const JsonNode entry, table.Get(name));
    HB_ASSIGN(const JsonNode list, entry.Get("ids"));
    HB_ASSIGN(const std::vector<JsonNode> ids, list.Items());
    for (const JsonNode& id : ids) {
      HB_ASSIGN(const std::int32_t number, id.Id());
      (text_seen ? parts.tail : parts.head).push_back(number);
    }
  }
  if (!text_seen) return single.Corrupt("has no place for the text");
  return Ok();
}

Status ReadPostProcessor(const JsonNode& node, TokenizerParts& parts, int depth) {
  HB_ASSIGN(const std::string_view type, node.GetString("type"));
  if (type == "TemplateProcessing") return ReadTemplate(node, parts);
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    HB_ASSIGN(const std::int32_t begin, ReadMark(node, "cls"));
    HB_ASSIGN(const std::int32_t end, ReadMark(node, "sep"));
    parts.head.push_back(begin);
    parts.tail.push_back(end);
    return Ok();
  }
  if (type == "ByteLevel") return Ok();  // Changes offsets only.
  if (type == "Sequence" && depth == 0) {
    HB_ASSIGN(const JsonNode list, node.Get("processors"));
    HB_ASSIGN(const std::vector<JsonNode> items, list.Items());
    for (const JsonNode& item : items) HB_TRY(ReadPostProcessor(item, parts, 1));
    return Ok();
  }
  return node.Unsupported(fmt::format(
      "{} (supported are TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel and a "
      "Sequence of them)",
      Shown(type)));
}

constexpr std::string_view kPadNames[] = {"[PAD]", "<pad>", "<|pad|>", "[pad]", "<PAD>"};

Result<std::int32_t> ReadPad(const JsonNode& root, const TokenizerParts& parts,
                             const Vocabulary& words) {
  if (root.Has("padding")) {
    HB_ASSIGN(const JsonNode padding, root.Get("padding"));
    HB_ASSIGN(const JsonNode id, padding.Get("pad_id"));
    return id.Id();
  }
  for (const std::string_view name : kPadNames) {
    for (const AddedToken& token : parts.added) {
      if (token.content == name) return token.id;
    }
    for (const auto& [word, id] : words) {
      if (word == name) return id;
    }
  }
  return 0;  // Filled places are masked: any id does.
}

}  // namespace

bool JsonNode::Has(std::string_view name) const {
  simdjson::dom::object object;
  if (value_.get(object) != simdjson::SUCCESS) return false;
  simdjson::dom::element member;
  return object.at_key(name).get(member) == simdjson::SUCCESS && !member.is_null();
}

Result<JsonNode> JsonNode::Get(std::string_view name) const {
  simdjson::dom::object object;
  if (value_.get(object) != simdjson::SUCCESS) return Corrupt("is not an object");
  simdjson::dom::element member;
  if (object.at_key(name).get(member) != simdjson::SUCCESS) {
    return Corrupt(fmt::format("has no member {}", Shown(name)));
  }
  return JsonNode(member, path_.empty() ? std::string(CutBytes(name, 40))
                                        : fmt::format("{}.{}", path_, CutBytes(name, 40)));
}

Result<std::string_view> JsonNode::String() const {
  std::string_view text;
  if (value_.get(text) != simdjson::SUCCESS) return Corrupt("is not a string");
  return text;
}

Result<std::int32_t> JsonNode::Id() const {
  std::int64_t number = 0;
  if (value_.get(number) != simdjson::SUCCESS) return Corrupt("is not a whole number");
  if (number < 0 || number > kMaxTokenId) {
    return Corrupt(fmt::format("is {}, ids are 0 to {}", number, kMaxTokenId));
  }
  return static_cast<std::int32_t>(number);
}

Result<std::vector<JsonNode>> JsonNode::Items() const {
  simdjson::dom::array array;
  if (value_.get(array) != simdjson::SUCCESS) return Corrupt("is not a list");
  if (array.size() > kMaxItems) {
    return Corrupt(fmt::format("has more than {} items", kMaxItems));
  }
  std::vector<JsonNode> items;
  for (const simdjson::dom::element item : array) {
    items.emplace_back(item, fmt::format("{}[{}]", path_, items.size()));
  }
  return items;
}

Result<std::string_view> JsonNode::GetString(std::string_view name) const {
  HB_ASSIGN(const JsonNode member, Get(name));
  return member.String();
}

Result<bool> JsonNode::GetBool(std::string_view name, bool fallback) const {
  if (!Has(name)) return fallback;
  HB_ASSIGN(const JsonNode member, Get(name));
  bool value = false;
  if (member.value().get(value) != simdjson::SUCCESS) return member.Corrupt("is not true or false");
  return value;
}

Error JsonNode::Corrupt(const std::string& what) const {
  return {Code::kCorrupt, fmt::format("{} {}", path_.empty() ? "the document" : path_, what)};
}

Error JsonNode::Unsupported(const std::string& what) const {
  return {Code::kInvalidArgument, fmt::format("{} asks for {}, which is not supported",
                                              path_.empty() ? "the document" : path_, what)};
}

Result<Vocabulary> ReadVocabulary(const JsonNode& node) {
  simdjson::dom::object object;
  if (node.value().get(object) != simdjson::SUCCESS) return node.Corrupt("is not an object");
  Vocabulary words;
  for (const auto field : object) {
    std::int64_t id = -1;
    if (field.value.get(id) != simdjson::SUCCESS || id < 0 || id > kMaxTokenId) {
      return node.Corrupt(fmt::format("gives {} an id that is not a whole number from 0 to {}",
                                      Shown(field.key), kMaxTokenId));
    }
    words.emplace_back(field.key, static_cast<std::int32_t>(id));
  }
  HB_TRY(CheckVocabulary(words, node.path()));
  return words;
}

Status CheckVocabulary(const Vocabulary& words, const std::string& path) {
  const auto corrupt = [&path](std::string what) {
    return Error{Code::kCorrupt, fmt::format("{} {}", path, what)};
  };
  for (const auto& [word, id] : words) {
    if (word.size() > kMaxTokenBytes) {
      return corrupt(fmt::format("has a word of {} bytes, {}; at most {} are allowed", word.size(),
                                 Shown(word), kMaxTokenBytes));
    }
  }
  Vocabulary sorted = words;
  std::sort(sorted.begin(), sorted.end());
  const auto word =
      std::adjacent_find(sorted.begin(), sorted.end(),
                         [](const auto& a, const auto& b) { return a.first == b.first; });
  if (word != sorted.end()) return corrupt(fmt::format("has {} twice", Shown(word->first)));
  const auto by_id = [](const auto& a, const auto& b) { return a.second < b.second; };
  std::sort(sorted.begin(), sorted.end(), by_id);
  const auto same =
      std::adjacent_find(sorted.begin(), sorted.end(),
                         [](const auto& a, const auto& b) { return a.second == b.second; });
  if (same == sorted.end()) return Ok();
  return corrupt(fmt::format("gives {} and {} the same id, {}", Shown(same->first),
                             Shown(std::next(same)->first), same->second));
}

Result<TokenizerParts> ReadParts(const JsonNode& root, const Vocabulary& words) {
  TokenizerParts parts;
  HB_ASSIGN(parts.added, ReadAdded(root));
  if (root.Has("post_processor")) {
    HB_ASSIGN(const JsonNode node, root.Get("post_processor"));
    HB_TRY(ReadPostProcessor(node, parts, 0));
  }
  HB_ASSIGN(parts.pad, ReadPad(root, parts, words));
  parts.size = parts.pad + 1;
  const auto count = [&parts](std::int32_t id) { parts.size = std::max(parts.size, id + 1); };
  for (const auto& [word, id] : words) count(id);
  for (const AddedToken& token : parts.added) count(token.id);
  for (const std::int32_t id : parts.head) count(id);
  for (const std::int32_t id : parts.tail) count(id);
  return parts;
}

}  // namespace hb::neural
