#include "neural/tokenizer.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/utf8.h"
#include "env/env.h"
#include "neural/byte_bpe.h"
#include "neural/tokenizer_json.h"
#include "neural/unigram.h"
#include "neural/wordpiece.h"

namespace hb::neural {
namespace {

constexpr std::string_view kSupported =
    "supported are tokenizer.json (WordPiece, byte-level BPE, Unigram), vocab.json with merges.txt "
    "(byte-level BPE), and vocab.txt (WordPiece)";

using Made = Result<std::unique_ptr<Tokenizer>>;

bool IsThere(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// The whole file, unless it is larger than any tokenizer.
Result<std::string> ReadBounded(const std::string& path) {
  std::error_code failed;
  const std::uintmax_t bytes = std::filesystem::file_size(path, failed);
  if (!failed && bytes > kMaxTokenizerBytes) {
    return Error{Code::kCorrupt, fmt::format("{} has {} bytes, a tokenizer at most {}", path, bytes,
                                             kMaxTokenizerBytes)};
  }
  return ReadFile(path);
}

/// Puts the file's name before what is wrong in it.
Made In(const std::string& path, Made made) {
  if (made.ok()) return made;
  Error error = std::move(made).error();
  error.message = fmt::format("{}: {}", path, error.message);
  return error;
}

/// `parser` and `padded` own what is returned.
Result<JsonNode> ParseJson(std::string_view bytes, simdjson::dom::parser& parser,
                           simdjson::padded_string& padded) {
  padded = simdjson::padded_string(bytes);
  simdjson::dom::element document;
  if (const auto failed = parser.parse(padded).get(document); failed != simdjson::SUCCESS) {
    return Error{Code::kCorrupt, fmt::format("not JSON: {}", simdjson::error_message(failed))};
  }
  return JsonNode(document, "");
}

/// Reads a file of a model's folder.
Result<JsonNode> ReadJson(const std::string& path, simdjson::dom::parser& parser,
                          simdjson::padded_string& padded) {
  HB_ASSIGN(const std::string bytes, ReadBounded(path));
  Result<JsonNode> read = ParseJson(bytes, parser, padded);
  if (read.ok()) return read;
  Error error = std::move(read).error();
  error.message = fmt::format("{}: {}", path, error.message);
  return error;
}

Made LoadRobertaFiles(const std::string& folder) {
  simdjson::dom::parser parser, config_parser;
  simdjson::padded_string padded, config_padded;
  HB_ASSIGN(const JsonNode vocabulary, ReadJson(folder + "/vocab.json", parser, padded));
  HB_ASSIGN(const std::string merges, ReadBounded(folder + "/merges.txt"));
  bool add_prefix_space = false;
  if (const std::string path = folder + "/tokenizer_config.json"; IsThere(path)) {
    HB_ASSIGN(const JsonNode config, ReadJson(path, config_parser, config_padded));
    HB_ASSIGN(add_prefix_space, config.GetBool("add_prefix_space", false));
  }
  return In(folder + "/vocab.json", ByteBpe::FromFiles(vocabulary, merges, add_prefix_space));
}

/// What tokenizer_config.json says about the case of a vocab.txt; BERT's rules where it is silent.
Result<BertRules> ReadBertConfig(const std::string& path) {
  BertRules rules;
  if (!IsThere(path)) return rules;
  simdjson::dom::parser parser;
  simdjson::padded_string padded;
  HB_ASSIGN(const JsonNode root, ReadJson(path, parser, padded));
  HB_ASSIGN(rules.lower_case, root.GetBool("do_lower_case", true));
  HB_ASSIGN(rules.space_ideographs, root.GetBool("tokenize_chinese_chars", true));
  HB_ASSIGN(rules.strip_accents, root.GetBool("strip_accents", rules.lower_case));
  return rules;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> ParseTokenizerJson(std::string_view bytes) {
  simdjson::dom::parser parser;
  simdjson::padded_string padded;
  HB_ASSIGN(const JsonNode root, ParseJson(bytes, parser, padded));
  HB_ASSIGN(const JsonNode model, root.Get("model"));
  HB_ASSIGN(const std::string_view type, model.GetString("type"));
  if (type == "WordPiece") return WordPiece::FromJson(root);
  if (type == "BPE") return ByteBpe::FromJson(root);
  if (type == "Unigram") return Unigram::FromJson(root);
  return model.Unsupported(fmt::format("the model \"{}\" ({})", CutBytes(type, 40), kSupported));
}

Result<std::unique_ptr<Tokenizer>> LoadTokenizer(const std::string& folder) {
  if (const std::string path = folder + "/tokenizer.json"; IsThere(path)) {
    HB_ASSIGN(const std::string bytes, ReadBounded(path));
    return In(path, ParseTokenizerJson(bytes));
  }
  if (IsThere(folder + "/vocab.json") && IsThere(folder + "/merges.txt")) {
    return LoadRobertaFiles(folder);
  }
  if (const std::string path = folder + "/vocab.txt"; IsThere(path)) {
    HB_ASSIGN(const std::string bytes, ReadBounded(path));
    HB_ASSIGN(const BertRules rules, ReadBertConfig(folder + "/tokenizer_config.json"));
    return In(path, WordPiece::FromVocabulary(bytes, rules));
  }
  return Error{Code::kNotFound, fmt::format("{} has no tokenizer; {}", folder, kSupported)};
}

}  // namespace hb::neural
