#include "neural/unigram_normalizer.h"

#include <fmt/format.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "neural/tokenizer_added.h"

namespace hb::neural {
namespace {

// ---- clusters -----------------------------------------------------------------------------------

int BreakOf(char32_t c) {
  return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_GRAPHEME_CLUSTER_BREAK);
}
bool IsPicture(char32_t c) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_EXTENDED_PICTOGRAPHIC);
}

/// Whether a cluster goes on between two characters that break as `before` and `after` say, by the
/// rules that need to know no more than that.
bool Joins(int before, int after) {
  switch (before) {
    case U_GCB_CR: return after == U_GCB_LF;
    case U_GCB_LF:
    case U_GCB_CONTROL: return false;
    case U_GCB_L:
      if (after == U_GCB_L || after == U_GCB_V || after == U_GCB_LV || after == U_GCB_LVT)
        return true;
      break;
    case U_GCB_LV:
    case U_GCB_V:
      if (after == U_GCB_V || after == U_GCB_T) return true;
      break;
    case U_GCB_LVT:
    case U_GCB_T:
      if (after == U_GCB_T) return true;
      break;
    case U_GCB_PREPEND:
      if (after != U_GCB_CONTROL && after != U_GCB_CR && after != U_GCB_LF) return true;
      break;
    default: break;
  }
  return after == U_GCB_EXTEND || after == U_GCB_ZWJ || after == U_GCB_SPACING_MARK;
}

// ---- base64 -------------------------------------------------------------------------------------

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

bool DecodeBase64(std::string_view text, std::string& out) {
  if (text.size() % 4 != 0) return false;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = Base64Digit(c);
    if (digit < 0) return false;
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFFFF;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  return true;
}

std::uint32_t LittleEndian(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// ---- steps --------------------------------------------------------------------------------------

std::string Shown(std::string_view word) { return fmt::format("\"{}\"", CutBytes(word, 40)); }

void Replace(std::string_view text, std::string_view what, std::string_view with, std::size_t limit,
             std::string& out) {
  for (std::size_t at = 0; at < text.size() && out.size() < limit;) {
    const std::size_t found = std::min(text.find(what, at), text.size());
    out += text.substr(at, found - at);
    if (found < text.size()) out += with;
    at = found + what.size();
  }
}

/// Two blanks or more become `with`.
void JoinBlanks(std::string_view text, std::string_view with, std::size_t limit, std::string& out) {
  for (std::size_t at = 0; at < text.size() && out.size() < limit;) {
    const std::size_t begin = std::min(text.find("  ", at), text.size());
    out += text.substr(at, begin - at);
    if (begin == text.size()) return;
    out += with;
    at = std::min(text.find_first_not_of(' ', begin), text.size());
  }
}

std::string_view StripLeft(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text, 0);
    if (!IsBlankPoint(point.code)) break;
    text.remove_prefix(point.size);
  }
  return text;
}

std::string_view StripRight(std::string_view text) {
  while (!text.empty()) {
    const std::size_t last = PreviousUtf8(text, text.size());
    if (!IsBlankPoint(DecodeUtf8(text, last).code)) break;
    text = text.substr(0, last);
  }
  return text;
}

bool IsDroppedByNmt(char32_t c) {
  return (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F ||
         c == 0x9F;
}

/// Controls dropped, odd blanks made blanks, as sentencepiece's rules for translation have it.
void ApplyNmt(std::string_view text, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text, at);
    const char32_t c = point.code;
    const std::string_view same = text.substr(at, point.size);
    at += point.size;
    if (IsDroppedByNmt(c)) continue;
    const bool blank = c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                       (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                       c == 0xFEFF || c == 0xFFFD;
    if (blank) {
      out.push_back(' ');
    } else {
      out += same;
    }
  }
}

/// NFKC as `tokenizers` has it: of Unicode 11, so newer characters stay as they are.
const icu::Normalizer2* Nfkc() {
  static const icu::Normalizer2* const made = []() -> const icu::Normalizer2* {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* all = icu::Normalizer2::getNFKCInstance(status);
    // Lives as long as the program.
    auto* known = new icu::UnicodeSet(UNICODE_STRING_SIMPLE("[:age=11.0:]"), status);
    if (U_FAILURE(status)) return nullptr;
    known->freeze();
    return new icu::FilteredNormalizer2(*all, *known);
  }();
  return made;
}

void ApplyNfkc(std::string_view text, std::string& out) {
  if (IsAscii(text) || Nfkc() == nullptr) {
    out += text;
    return;
  }
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&out);
  Nfkc()->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                        sink, nullptr, status);
}

}  // namespace

std::size_t GraphemeEnd(std::string_view text, std::size_t at) {
  CodePoint point = DecodeUtf8(text, at);
  std::size_t end = at + point.size;
  // Letter before ASCII: the usual case.
  if (end == text.size()) return end;
  if (point.code != '\r' && static_cast<unsigned char>(text[end]) < 0x80 && point.code < 0x300) {
    return end;
  }
  int before = BreakOf(point.code);
  bool picture = IsPicture(point.code);  // A picture, then only U_GCB_EXTEND.
  bool joiner = false;                   // ... then a joiner.
  bool half_flag = before == U_GCB_REGIONAL_INDICATOR;
  while (end < text.size()) {
    point = DecodeUtf8(text, end);
    const int after = BreakOf(point.code);
    const bool next_picture = IsPicture(point.code);
    const bool flag = half_flag && after == U_GCB_REGIONAL_INDICATOR;
    if (!Joins(before, after) && !(joiner && next_picture) && !flag) break;
    half_flag = !flag && after == U_GCB_REGIONAL_INDICATOR && before == U_GCB_PREPEND;
    joiner = picture && after == U_GCB_ZWJ;
    picture = next_picture || (picture && after == U_GCB_EXTEND);
    before = after;
    end += point.size;
  }
  return end;
}

// ---- the map ------------------------------------------------------------------------------------

Result<Charsmap> Charsmap::FromBase64(const JsonNode& node) {
  HB_ASSIGN(const std::string_view base64, node.String());
  std::string bytes;
  if (!DecodeBase64(base64, bytes)) return node.Corrupt("is not base64");
  if (bytes.size() < 4)
    return node.Corrupt(fmt::format("has {} bytes, its head needs 4", bytes.size()));
  const std::uint32_t trie_bytes = LittleEndian(bytes, 0);
  if (trie_bytes % 4 != 0 || trie_bytes == 0 || trie_bytes > bytes.size() - 4) {
    return node.Corrupt(fmt::format("has a trie of {} bytes, of {} that follow its head",
                                    trie_bytes, bytes.size() - 4));
  }
  Charsmap map;
  for (std::size_t at = 4; at < trie_bytes + std::size_t{4}; at += 4) {
    map.trie_.push_back(LittleEndian(bytes, at));
  }
  map.texts_ = bytes.substr(4 + std::size_t{trie_bytes});
  if (!IsValidUtf8(map.texts_)) return node.Corrupt("maps to what is not UTF-8");
  for (std::size_t at = 0; at < map.texts_.size();) {
    const std::size_t end = std::min(map.texts_.find('\0', at), map.texts_.size());
    if (end - at > kMaxText) {
      return node.Corrupt(
          fmt::format("maps to a text of {} bytes, at most {} are allowed", end - at, kMaxText));
    }
    at = end + 1;
  }
  return map;
}

bool Charsmap::Find(std::string_view chunk, std::string_view& becomes) const {
  // A unit: bit 8 says that a value ends here, bits 10 up (times 256 if bit 9) where children are.
  const auto children = [](std::uint32_t unit) {
    return std::size_t{unit >> 10} << ((unit & (1u << 9)) >> 6);
  };
  std::size_t at = children(trie_[0]);
  for (const char c : chunk) {
    const auto byte = static_cast<unsigned char>(c);
    at ^= byte;
    if (byte == 0 || at >= trie_.size()) return false;
    const std::uint32_t unit = trie_[at];
    if ((unit & 0x800000FFu) != byte) return false;
    at ^= children(unit);
    if (at >= trie_.size()) return false;
    if ((unit >> 8 & 1) == 0) continue;
    const std::size_t text = trie_[at] & 0x7FFFFFFFu;
    if (text > texts_.size()) return false;
    const std::size_t end = std::min(texts_.find('\0', text), texts_.size());
    becomes = std::string_view(texts_).substr(text, end - text);
    // An offset of somebody's own making may point into a character.
    return becomes.empty() || (static_cast<unsigned char>(becomes[0]) & 0xC0) != 0x80;
  }
  return false;
}

void Charsmap::Apply(std::string_view text, std::size_t limit, std::string& out) const {
  std::string_view becomes;
  for (std::size_t at = 0; at < text.size() && out.size() < limit;) {
    const std::size_t end = GraphemeEnd(text, at);
    const std::string_view cluster = text.substr(at, end - at);
    if (cluster.size() < 6 && Find(cluster, becomes)) {
      out += becomes;
      at = end;
      continue;
    }
    while (at < end) {
      const std::size_t size = DecodeUtf8(text, at).size;
      out += Find(text.substr(at, size), becomes) ? becomes : text.substr(at, size);
      at += size;
    }
  }
}

// ---- the sequence -------------------------------------------------------------------------------

Result<UnigramNormalizer> UnigramNormalizer::FromJson(const JsonNode& node) {
  UnigramNormalizer made;
  if (!node.IsNull()) HB_TRY(made.Add(node, 0));
  return made;
}

Status UnigramNormalizer::AddReplace(const JsonNode& node) {
  HB_ASSIGN(const std::string_view with, node.GetString("content"));
  HB_ASSIGN(const JsonNode pattern, node.Get("pattern"));
  if (pattern.Has("String")) {
    HB_ASSIGN(const std::string_view what, pattern.GetString("String"));
    if (what.empty()) return pattern.Corrupt("is empty");
    // Else a text could grow by any factor.
    if (with.size() > 64) return node.Unsupported("a replacement of more than 64 bytes");
    steps_.push_back({Kind::kReplace, 0, std::string(what), std::string(with)});
    return Ok();
  }
  HB_ASSIGN(const std::string_view regex, pattern.GetString("Regex"));
  if (regex != " {2,}") {
    return pattern.Unsupported(
        fmt::format("the expression {} (only \" {{2,}}\" is)", Shown(regex)));
  }
  if (with.size() > 64) return node.Unsupported("a replacement of more than 64 bytes");
  steps_.push_back({Kind::kBlanks, 0, "", std::string(with)});
  return Ok();
}

Status UnigramNormalizer::Add(const JsonNode& node, int depth) {
  HB_ASSIGN(const std::string_view type, node.GetString("type"));
  if (type == "Sequence" && depth == 0) {
    HB_ASSIGN(const JsonNode list, node.Get("normalizers"));
    HB_ASSIGN(const std::vector<JsonNode> items, list.Items());
    if (items.size() > 16) return list.Unsupported("more than 16 steps");
    for (const JsonNode& item : items) HB_TRY(Add(item, 1));
    return Ok();
  }
  if (type == "Precompiled") {
    // sentencepiece's rule "identity" leaves it out.
    if (!node.Has("precompiled_charsmap")) return Ok();
    HB_ASSIGN(const JsonNode base64, node.Get("precompiled_charsmap"));
    HB_ASSIGN(Charsmap map, Charsmap::FromBase64(base64));
    steps_.push_back({Kind::kCharsmap, charsmaps_.size(), "", ""});
    charsmaps_.push_back(std::move(map));
    return Ok();
  }
  if (type == "Replace") return AddReplace(node);
  if (type == "Strip") {
    HB_ASSIGN(const bool left, node.GetBool("strip_left", true));
    HB_ASSIGN(const bool right, node.GetBool("strip_right", true));
    if (left) steps_.push_back({Kind::kStripLeft, 0, "", ""});
    if (right) steps_.push_back({Kind::kStripRight, 0, "", ""});
    return Ok();
  }
  if (type == "Nmt" || type == "NFKC") {
    steps_.push_back({type == "Nmt" ? Kind::kNmt : Kind::kNfkc, 0, "", ""});
    return Ok();
  }
  return node.Unsupported(fmt::format(
      "{} (with Unigram, Precompiled, Replace, Strip, Nmt, NFKC and a Sequence of them are)",
      Shown(type)));
}

bool UnigramNormalizer::Apply(std::string& text, std::string& spare) const {
  const std::size_t limit = kMaxGrowth * text.size();
  bool kept = true;
  for (const Step& step : steps_) {
    spare.clear();
    switch (step.kind) {
      case Kind::kCharsmap: charsmaps_[step.charsmap].Apply(text, limit, spare); break;
      case Kind::kReplace:
        Replace(text, step.what, step.with, limit, spare);
        kept = kept && !(text.starts_with(step.what) && CountCodePoints(step.what) > 1);
        break;
      case Kind::kBlanks:
        JoinBlanks(text, step.with, limit, spare);
        kept = kept && !text.starts_with("  ");
        break;
      case Kind::kStripLeft:
        spare = StripLeft(text);
        kept = kept && spare.size() == text.size();
        break;
      case Kind::kStripRight: spare = StripRight(text); break;
      case Kind::kNmt:
        ApplyNmt(text, spare);
        kept = kept && (text.empty() || !IsDroppedByNmt(DecodeUtf8(text, 0).code));
        break;
      case Kind::kNfkc: ApplyNfkc(text, spare); break;
    }
    std::swap(text, spare);
  }
  return kept;
}

}  // namespace hb::neural
