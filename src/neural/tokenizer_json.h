// neural/tokenizer_json.h - reads what all kinds of tokenizer.json have in common.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "neural/tokenizer_added.h"

namespace hb::neural {

/// XLM-R's file has 9 MB, those of the largest vocabularies in use about 35.
inline constexpr std::size_t kMaxTokenizerBytes = std::size_t{64} << 20;
/// Larger than any vocabulary in use (Gemma: 262,144).
inline constexpr std::int32_t kMaxTokenId = (1 << 22) - 1;
inline constexpr std::size_t kMaxTokenBytes = 1024;

/// One value of a JSON document, with its path for messages ("model.vocab").
///
/// Ownership  Borrows from the parser that read the document.
/// Errors     kCorrupt: the document is not as the format wants it. kInvalidArgument: it asks for
///            what is not supported. Messages name the path.
class JsonNode {
 public:
  JsonNode(simdjson::dom::element value, std::string path)
      : value_(value), path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] simdjson::dom::element value() const { return value_; }
  [[nodiscard]] bool IsNull() const { return value_.is_null(); }
  /// Whether the member is there and not null.
  [[nodiscard]] bool Has(std::string_view name) const;
  [[nodiscard]] Result<JsonNode> Get(std::string_view name) const;
  [[nodiscard]] Result<std::string_view> String() const;
  [[nodiscard]] Result<std::int32_t> Id() const;  ///< 0 .. kMaxTokenId
  [[nodiscard]] Result<std::vector<JsonNode>> Items() const;
  [[nodiscard]] Result<std::string_view> GetString(std::string_view name) const;
  /// `fallback` where the member is not there or null.
  [[nodiscard]] Result<bool> GetBool(std::string_view name, bool fallback) const;

  [[nodiscard]] Error Corrupt(const std::string& what) const;
  [[nodiscard]] Error Unsupported(const std::string& what) const;

 private:
  simdjson::dom::element value_;
  std::string path_;
};

using Vocabulary = std::vector<std::pair<std::string_view, std::int32_t>>;

/// An object of words and ids. Refuses a word or an id that comes twice, and words that are longer
/// than kMaxTokenBytes. The words live as long as the document.
Result<Vocabulary> ReadVocabulary(const JsonNode& node);
/// kCorrupt, with the word, if two words are alike or two ids are. Sorts a copy.
Status CheckVocabulary(const Vocabulary& words, const std::string& path);

/// What stands around a text's ids and in it, whatever the model.
struct TokenizerParts {
  std::vector<AddedToken> added;
  std::vector<std::int32_t> head, tail;  ///< Marks of a text's beginning and end.
  std::int32_t pad = 0;
  std::int32_t size = 0;  ///< One more than the largest id.
};

/// Replaces `out` by the marks and what `fill` appends between them, cut to `max_tokens`; by
/// nothing where the marks alone do not fit. fill(limit, token) may stop once out.size() >= limit,
/// which token(id) says after it has appended one: false.
template <typename Fill>
void Enclose(const TokenizerParts& parts, std::size_t max_tokens, std::vector<std::int32_t>& out,
             Fill&& fill) {
  out.clear();
  if (max_tokens < parts.head.size() + parts.tail.size()) return;
  const std::size_t limit = max_tokens - parts.tail.size();
  out.insert(out.end(), parts.head.begin(), parts.head.end());
  fill(limit, [&](std::int32_t id) {
    out.push_back(id);
    return out.size() < limit;
  });
  if (out.size() > limit) out.resize(limit);
  out.insert(out.end(), parts.tail.begin(), parts.tail.end());
}

/// Reads added_tokens, post_processor and padding. `words` are the model's own.
Result<TokenizerParts> ReadParts(const JsonNode& root, const Vocabulary& words);

}  // namespace hb::neural
