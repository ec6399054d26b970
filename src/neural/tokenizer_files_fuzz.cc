// Any bytes as a tokenizer's file (tokenizer.json, merges.txt or vocab.txt): it is refused, or what
// it makes gives sound ids.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.h"
#include "neural/byte_bpe.h"
#include "neural/tokenizer.h"
#include "neural/wordpiece.h"

namespace {

using namespace hb;
using namespace hb::neural;

Result<std::unique_ptr<Tokenizer>> Read(std::string_view bytes) {
  if (bytes.starts_with('{')) return ParseTokenizerJson(bytes);
  if (!bytes.starts_with("#version")) return WordPiece::FromVocabulary(bytes, {});
  static const simdjson::padded_string vocabulary(std::string_view(
      R"({"<s>": 0, "<pad>": 1, "</s>": 2, "a": 3, "b": 4, "ab": 5, "Ġ": 6, "Ġab": 7, "aa": 8})"));
  static simdjson::dom::parser parser;
  static const simdjson::dom::element document = parser.parse(vocabulary).value_unsafe();
  return ByteBpe::FromFiles(JsonNode(document, ""), bytes, false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = Read(bytes);
  if (!tokenizer.ok()) {
    Require(!tokenizer.error().message.empty(), "a reason");
    return 0;
  }
  const std::int32_t end = tokenizer.value()->size();
  Require(tokenizer.value()->pad() >= 0 && tokenizer.value()->pad() < end, "pad in range");
  std::vector<std::int32_t> ids;
  for (const std::string_view text :
       {std::string_view("ab aab lol <s>aaaa"),
        std::string_view("A\u00E9\u4E2D \uFB01e\u0301 \U0001F600 [SEP]"), bytes.substr(0, 200)}) {
    for (const std::size_t max_tokens : {std::size_t{7}, std::size_t{1000}}) {
      tokenizer.value()->Encode(text, max_tokens, ids);
      Require(ids.size() <= max_tokens, "as many as fit");
      for (const std::int32_t id : ids) Require(id >= 0 && id < end, "id in range");
    }
  }
  return 0;
}
