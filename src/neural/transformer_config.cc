#include "neural/transformer_config.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hb::neural {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Bounds of what anybody's file may ask for.
constexpr std::size_t kMaxLabels = 4096;
constexpr std::size_t kMaxLabelBytes = 256;
constexpr std::size_t kMaxCodeBytes = 16;
constexpr std::size_t kMostTokens = 8192;
constexpr std::size_t kMostWidth = 1 << 16;
constexpr std::size_t kUnsaidTokens = 512;  // As BERT and RoBERTa have.

Error Bad(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameWord(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view Text(object from, const char* key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

/// A whole number from 1 to `most`; 0 if there is none or it is another.
std::size_t Count(object from, const char* key, std::size_t most) {
  std::int64_t number = 0;
  if (from[key].get(number) != simdjson::SUCCESS || number < 1) return 0;
  return static_cast<std::uint64_t>(number) > most ? 0 : static_cast<std::size_t>(number);
}

/// `whose`: "head 'sentiment'", for messages.
Status AddLabel(element from, const std::string& whose, std::vector<std::string>& labels) {
  std::string_view label;
  if (from.get(label) != simdjson::SUCCESS || label.empty() || label.size() > kMaxLabelBytes)
    return Bad(whose + " has a label that is no text of 1 to 256 bytes");
  if (std::find(labels.begin(), labels.end(), label) != labels.end())
    return Bad(whose + " has the label '" + std::string(label) + "' twice");
  labels.emplace_back(label);
  return Ok();
}

Status ReadLabels(object from, const std::string& whose, std::vector<std::string>& out) {
  array labels;
  if (from["labels"].get(labels) != simdjson::SUCCESS || labels.size() == 0 ||
      labels.size() > kMaxLabels) {
    return Bad(whose + " needs 1 to 4096 labels");
  }
  for (const element label : labels) HB_TRY(AddLabel(label, whose, out));
  return Ok();
}

/// `out` stays as it is if there is none.
Status ReadTemperature(object from, const std::string& whose, double& out) {
  const auto found = from["temperature"];
  if (found.error() != simdjson::SUCCESS) return Ok();
  double value = 0;
  if (found.get(value) != simdjson::SUCCESS || !(value >= 1e-3 && value <= 1e3))
    return Bad(whose + " has a temperature that is not in 0.001 to 1000");
  out = value;
  return Ok();
}

/// `out` stays as it is if there is none.
Status ReadFastShare(object from, const std::string& whose, double& out) {
  const auto found = from["fast_share"];
  if (found.error() != simdjson::SUCCESS) return Ok();
  double value = 0;
  if (found.get(value) != simdjson::SUCCESS || !(value >= 0 && value <= 1))
    return Bad(whose + " has a fast_share that is not in 0 to 1");
  out = value;
  return Ok();
}

Result<Head> ReadHead(element from) {
  object fields;
  if (from.get(fields) != simdjson::SUCCESS) return Bad("a head is no object");
  Head head;
  head.name = Text(fields, "name");
  if (head.name.empty() || head.name.size() > kMaxLabelBytes) return Bad("a head has no name");
  const std::string_view kind = Text(fields, "kind");
  if (kind != "one" && kind != "many") {
    return Bad("head '" + head.name + "' is of the kind '" + std::string(kind) +
               "'; there are 'one' and 'many'");
  }
  head.kind = kind == "one" ? Head::Kind::kOne : Head::Kind::kMany;
  const std::string whose = "head '" + head.name + "'";
  HB_TRY(ReadLabels(fields, whose, head.labels));
  std::int64_t begin = -1;
  if (fields["begin"].get(begin) != simdjson::SUCCESS || begin < 0 ||
      begin > static_cast<std::int64_t>(kMaxLabels)) {
    return Bad("head '" + head.name + "' does not say where its outputs begin");
  }
  head.begin = static_cast<std::size_t>(begin);
  HB_TRY(ReadTemperature(fields, whose, head.temperature));
  HB_TRY(ReadFastShare(fields, whose, head.fast_share));
  if (fields["text"].error() == simdjson::SUCCESS) {
    if (Text(fields, "text") != "target: text")
      return Bad(whose + " asks for a text that is not known; there is 'target: text'");
    head.targeted = true;
  }
  head.shift.assign(head.labels.size(), 0.0F);
  if (const auto found = fields["shift"]; found.error() == simdjson::SUCCESS) {
    array shift;
    if (found.get(shift) != simdjson::SUCCESS || shift.size() != head.labels.size()) {
      return Bad("head '" + head.name + "' needs a shift for each label");
    }
    std::size_t i = 0;
    for (const element number : shift) {
      double value = 0;
      if (number.get(value) != simdjson::SUCCESS || !(std::abs(value) <= 1e3)) {
        return Bad("head '" + head.name + "' has a shift that is no number in -1000 to 1000");
      }
      head.shift[i++] = static_cast<float>(value);
    }
  }
  return head;
}

/// Heads must lie side by side: each output belongs to one.
Status ReadHeads(array from, TransformerConfig& config) {
  if (from.size() == 0 || from.size() > 64) return Bad("there must be 1 to 64 heads");
  for (const element entry : from) {
    HB_ASSIGN(Head head, ReadHead(entry));
    for (const Head& other : config.heads) {
      if (other.name == head.name) return Bad("two heads are called '" + head.name + "'");
      if (head.begin < other.begin + other.labels.size() &&
          other.begin < head.begin + head.labels.size()) {
        return Bad("heads '" + other.name + "' and '" + head.name + "' share outputs");
      }
    }
    config.outputs = std::max(config.outputs, head.begin + head.labels.size());
    config.heads.push_back(std::move(head));
  }
  std::size_t labels = 0;
  for (const Head& head : config.heads) labels += head.labels.size();
  if (labels != config.outputs) return Bad("some outputs belong to no head");
  return Ok();
}

bool IsSentiment(const Head& head) {
  const std::size_t none = head.labels.size();
  return none == 3 && head.Find("negative") != none && head.Find("neutral") != none &&
         head.Find("positive") != none;
}

Status ReadId2Label(object from, object root, TransformerConfig& config) {
  Head head;
  head.name = "labels";
  const std::size_t count = from.size();
  if (count == 0 || count > kMaxLabels) return Bad("id2label needs 1 to 4096 labels");
  for (std::size_t id = 0; id < count; ++id) {
    element label;
    if (from.at_key(std::to_string(id)).get(label) != simdjson::SUCCESS) {
      return Bad("id2label has " + std::to_string(count) + " labels, but none of " +
                 std::to_string(id));
    }
    HB_TRY(AddLabel(label, "head 'labels'", head.labels));
  }
  if (Text(root, "problem_type") == "multi_label_classification") head.kind = Head::Kind::kMany;
  head.shift.assign(count, 0.0F);
  if (head.kind == Head::Kind::kOne && IsSentiment(head)) head.name = "sentiment";
  config.outputs = count;
  config.heads.push_back(std::move(head));
  return Ok();
}

Status ReadTagger(object from, TransformerConfig& config) {
  Tagger tagger;
  tagger.output = Text(from, "output");
  if (tagger.output.empty() || tagger.output.size() > kMaxLabelBytes)
    return Bad("\"tagger\" does not name its output");
  HB_TRY(ReadLabels(from, "\"tagger\"", tagger.labels));
  HB_TRY(ReadTemperature(from, "\"tagger\"", tagger.temperature));
  config.tagger = std::move(tagger);
  return Ok();
}

Status ReadMeaning(object from, TransformerConfig& config) {
  MeaningOutput meaning{.output = std::string(Text(from, "output")),
                        .width = Count(from, "width", kMostWidth)};
  if (meaning.output.empty() || meaning.output.size() > kMaxLabelBytes)
    return Bad("\"meaning\" does not name its output");
  if (meaning.width == 0)
    return Bad("\"meaning\" needs a width of 1 to " + std::to_string(kMostWidth));
  config.meaning = std::move(meaning);
  return Ok();
}

/// Reads an object that may be missing.
template <typename Read>
Status ReadOptional(object root, const char* key, Read read, TransformerConfig& config) {
  const auto found = root[key];
  if (found.error() != simdjson::SUCCESS) return Ok();
  object fields;
  if (found.get(fields) != simdjson::SUCCESS)
    return Bad("\"" + std::string(key) + "\" is no object");
  return read(fields, config);
}

/// What the network can read: RoBERTa and its kin lose the places up to their padding id.
std::size_t TokensOf(object root, std::string_view tokenizer_config) {
  if (const std::size_t ours = Count(root, "max_tokens", kMostTokens); ours > 0) return ours;
  std::size_t most = Count(root, "max_position_embeddings", kMostTokens);
  if (most == 0) most = kUnsaidTokens;
  const std::string_view type = Text(root, "model_type");
  if (type.find("roberta") != std::string_view::npos || type == "camembert") {
    std::int64_t pad = 1;
    if (root["pad_token_id"].get(pad) != simdjson::SUCCESS || pad < 0 || pad > 64) pad = 1;
    most -= std::min(most, static_cast<std::size_t>(pad) + 1);
  }
  simdjson::dom::parser parser;
  object settings;
  if (!tokenizer_config.empty() &&
      parser.parse(tokenizer_config.data(), tokenizer_config.size()).get(settings) ==
          simdjson::SUCCESS) {
    // Absent, or 1e30 for "no limit": the network's own holds.
    if (const std::size_t said = Count(settings, "model_max_length", kMostTokens); said > 0) {
      most = std::min(most, said);
    }
  }
  return most;
}

}  // namespace

std::size_t Head::Find(std::string_view label) const {
  std::size_t i = 0;
  while (i < labels.size() && !SameWord(labels[i], label)) ++i;
  return i;
}

void Head::Probabilities(std::span<const float> logits, std::span<float> out, bool shifted) const {
  float largest = -INFINITY;
  const auto divisor = static_cast<float>(temperature);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float logit = std::isfinite(logits[i]) ? logits[i] : 0.0F;
    out[i] = logit / divisor + (shifted ? shift[i] : 0.0F);
    largest = std::max(largest, out[i]);
  }
  if (kind == Kind::kMany) {
    for (float& value : out.first(labels.size())) value = 1.0F / (1.0F + std::exp(-value));
    return;
  }
  float sum = 0;
  for (float& value : out.first(labels.size())) sum += value = std::exp(value - largest);
  for (float& value : out.first(labels.size())) value /= sum;
}

Result<TransformerConfig> ParseTransformerConfig(std::string_view json,
                                                 std::string_view tokenizer_config) {
  simdjson::dom::parser parser;
  object root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return Error{Code::kCorrupt, "no JSON object"};
  }
  TransformerConfig config;
  config.name = Text(root, "name");
  if (config.name.size() > kMaxLabelBytes) return Bad("a name of more than 256 bytes");
  config.vocabulary = Count(root, "vocab_size", std::size_t{1} << 30);
  const std::string_view text = Text(root, "text");
  if (text == "heartbeat-1") {
    config.text = TextForm::kHeartbeat1;
  } else if (text == "cardiffnlp" ||
             (text.empty() && Text(root, "_name_or_path").starts_with("cardiffnlp/twitter-"))) {
    config.text = TextForm::kUserHttp;
  } else if (!text.empty()) {
    return Bad("\"text\" is '" + std::string(text) + "'; there are 'heartbeat-1' and 'cardiffnlp'");
  }
  array languages;
  if (root["languages"].get(languages) == simdjson::SUCCESS) {
    for (const element language : languages) {
      std::string_view code;
      if (language.get(code) != simdjson::SUCCESS || code.empty() || code.size() > kMaxCodeBytes)
        return Bad("\"languages\" holds something that is no code such as \"en\"");
      config.languages.emplace_back(code);
    }
  }
  config.max_tokens = TokensOf(root, tokenizer_config);
  if (config.max_tokens < 3) return Bad("the network reads fewer than 3 tokens");
  array heads;
  object labels;
  if (root["heads"].get(heads) == simdjson::SUCCESS) {
    HB_TRY(ReadHeads(heads, config));
  } else if (root["id2label"].get(labels) == simdjson::SUCCESS) {
    HB_TRY(ReadId2Label(labels, root, config));
  } else {
    return Bad("neither \"heads\" nor \"id2label\" says what the outputs mean");
  }
  HB_TRY(ReadOptional(root, "tagger", ReadTagger, config));
  HB_TRY(ReadOptional(root, "meaning", ReadMeaning, config));
  return config;
}

void MaskUsersAndLinks(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (begin > 0) out += ' ';
    out += word.size() > 1 && word[0] == '@' ? "@user" : word.starts_with("http") ? "http" : word;
    begin = end + 1;
  }
}

}  // namespace hb::neural
