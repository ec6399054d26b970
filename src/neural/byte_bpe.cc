#include "neural/byte_bpe.h"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/utf8.h"

namespace hb::neural {
namespace {

// ---- words --------------------------------------------------------------------------------------

enum class CharClass : std::uint8_t { kLetter, kNumber, kBlank, kOther };

CharClass ClassOf(char32_t c) {
  if (c < 0x80) {
    if ((c | 0x20) - U'a' < 26) return CharClass::kLetter;
    if (c - U'0' < 10) return CharClass::kNumber;
    return IsBlankPoint(c) ? CharClass::kBlank : CharClass::kOther;
  }
  const std::uint32_t mask = U_GET_GC_MASK(static_cast<UChar32>(c));
  if ((mask & U_GC_L_MASK) != 0) return CharClass::kLetter;
  if ((mask & U_GC_N_MASK) != 0) return CharClass::kNumber;
  return IsBlankPoint(c) ? CharClass::kBlank : CharClass::kOther;
}

/// Where the run of `wanted` from `at` on ends.
std::size_t RunEnd(std::string_view text, std::size_t at, CharClass wanted) {
  while (at < text.size()) {
    const CodePoint point = DecodeUtf8(text, at);
    if (ClassOf(point.code) != wanted) break;
    at += point.size;
  }
  return at;
}

/// 's, 't, 're, 've, 'm, 'll, 'd: bytes of the one at `at`, 0 if there is none.
std::size_t Contraction(std::string_view text, std::size_t at) {
  if (text[at] != '\'' || at + 1 >= text.size()) return 0;
  const char first = text[at + 1];
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  const std::string_view two = text.substr(at + 1, 2);
  return two == "re" || two == "ve" || two == "ll" ? 3 : 0;
}

// ---- GPT-2's alphabet: a printable character for each byte --------------------------------------

constexpr bool StandsForItself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/// Character to byte; -1 for what stands for none. The others get U+0100 on, in order.
constexpr std::array<std::int16_t, 0x144> MakeAlphabet() {
  std::array<std::int16_t, 0x144> bytes{};
  bytes.fill(-1);
  std::size_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    bytes[StandsForItself(byte) ? byte : next++] = static_cast<std::int16_t>(byte);
  }
  return bytes;
}
constexpr auto kAlphabet = MakeAlphabet();
static_assert(kAlphabet[0x120] == ' ' && kAlphabet[0x143] == 0xAD);

/// The bytes that `word` spells; false if it spells none, as names of marks may.
bool SpelledBytes(std::string_view word, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint point = DecodeUtf8(word, at);
    if (point.code >= kAlphabet.size() || kAlphabet[point.code] < 0) return false;
    out.push_back(static_cast<char>(kAlphabet[point.code]));
    at += point.size;
  }
  return true;
}

// ---- files --------------------------------------------------------------------------------------

std::string Shown(std::string_view word) { return fmt::format("\"{}\"", CutBytes(word, 40)); }

using Pair = std::pair<std::string_view, std::string_view>;

/// "left right"; false if it is not two words with a blank between.
bool PartMerge(std::string_view both, Pair& pair) {
  const std::size_t blank = both.find(' ');
  if (blank == std::string_view::npos) return false;
  pair = {both.substr(0, blank), both.substr(blank + 1)};
  return pair.second.find(' ') == std::string_view::npos;
}

bool ReadMerge(simdjson::dom::element item, Pair& pair) {
  std::string_view both;
  if (item.get(both) == simdjson::SUCCESS) return PartMerge(both, pair);
  simdjson::dom::array two;
  return item.get(two) == simdjson::SUCCESS && two.size() == 2 &&
         two.at(0).get(pair.first) == simdjson::SUCCESS &&
         two.at(1).get(pair.second) == simdjson::SUCCESS;
}

/// A list of "left right", or of ["left", "right"] as newer files have it.
Result<ByteBpe::Pairs> ReadMerges(const JsonNode& node) {
  simdjson::dom::array items;
  if (node.value().get(items) != simdjson::SUCCESS) return node.Corrupt("is not a list");
  ByteBpe::Pairs pairs;
  Pair pair;
  for (const simdjson::dom::element item : items) {
    if (!ReadMerge(item, pair)) {
      return node.Corrupt(fmt::format("has, at {}, what is not two words", pairs.size()));
    }
    pairs.push_back(pair);
  }
  return pairs;
}

Result<ByteBpe::Pairs> ParseMerges(std::string_view file) {
  ByteBpe::Pairs pairs;
  std::size_t number = 0;
  for (std::size_t at = 0; at < file.size();) {
    const std::size_t end = std::min(file.find('\n', at), file.size());
    std::string_view line = file.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("#version")) continue;
    Pair pair;
    if (!PartMerge(line, pair)) {
      return Error{
          Code::kCorrupt,
          fmt::format("merges.txt, line {}, is not two words with a blank between", number)};
    }
    pairs.push_back(pair);
  }
  return pairs;
}

/// Refuses what would change ids and is not done here.
Status CheckModel(const JsonNode& model) {
  for (const std::string_view name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!model.Has(name)) continue;
    HB_ASSIGN(const std::string_view affix, model.GetString(name));
    if (!affix.empty()) return model.Unsupported(fmt::format("a {}", name));
  }
  HB_ASSIGN(const bool fallback, model.GetBool("byte_fallback", false));
  if (fallback) return model.Unsupported("byte_fallback");
  if (model.Has("dropout")) {
    HB_ASSIGN(const JsonNode dropout, model.Get("dropout"));
    double share = 0;
    if (dropout.value().get(share) != simdjson::SUCCESS || share != 0) {
      return model.Unsupported("dropout");
    }
  }
  return Ok();
}

}  // namespace

std::size_t Gpt2WordEnd(std::string_view text, std::size_t at) {
  if (const std::size_t size = Contraction(text, at); size > 0) return at + size;
  const CodePoint first = DecodeUtf8(text, at);
  CharClass kind = ClassOf(first.code);
  std::size_t body = at;
  if (first.code == ' ' && at + 1 < text.size()) {
    const CharClass next = ClassOf(DecodeUtf8(text, at + 1).code);
    if (next != CharClass::kBlank) {
      kind = next;
      body = at + 1;
    }
  }
  if (kind != CharClass::kBlank) return RunEnd(text, body, kind);
  // Blanks before a word leave it their last, which it takes if it is U+0020.
  const std::size_t end = RunEnd(text, at, CharClass::kBlank);
  if (end == text.size()) return end;
  const std::size_t last = PreviousUtf8(text, end);
  return last > at ? last : end;
}

// ---- merges -------------------------------------------------------------------------------------

namespace {

std::uint64_t PairOf(std::int32_t left, std::int32_t right) {
  return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
}
std::uint64_t Mixed(std::uint64_t pair) {
  pair *= 0x9E3779B97F4A7C15u;  // Fibonacci hashing; the high half is the mixed one.
  return pair >> 32;
}

}  // namespace

BpeMerges::BpeMerges(const std::vector<Merge>& merges) {
  slots_.resize(std::bit_ceil(merges.size() * 2 + 1));
  mask_ = slots_.size() - 1;
  std::uint32_t rank = 0;
  for (const Merge& merge : merges) {
    const std::uint64_t pair = PairOf(merge.left, merge.right);
    std::size_t at = Mixed(pair) & mask_;
    while (slots_[at].found.rank != kNone) at = (at + 1) & mask_;
    slots_[at] = {pair, {rank++, merge.made}};
  }
}

BpeMerges::Found BpeMerges::Of(std::int32_t left, std::int32_t right) const {
  if (slots_.empty()) return {kNone, -1};
  const std::uint64_t pair = PairOf(left, right);
  for (std::size_t at = Mixed(pair) & mask_;; at = (at + 1) & mask_) {
    const Slot& slot = slots_[at];
    if (slot.found.rank == kNone || slot.pair == pair) return slot.found;
  }
}

// ---- the tokenizer ------------------------------------------------------------------------------

ByteBpe::ByteBpe(const Options& options, TokenizerParts parts)
    : options_(options), parts_(std::move(parts)) {
  std::vector<AddedToken> raw, normalized;
  for (const AddedToken& token : parts_.added) {
    (token.normalized ? normalized : raw).push_back(token);
  }
  raw_ = AddedTokens(std::move(raw));
  normalized_ = AddedTokens(std::move(normalized));
}

Result<std::unique_ptr<Tokenizer>> ByteBpe::Create(const Vocabulary& words, const Pairs& merges,
                                                   const Options& options, TokenizerParts parts) {
  const auto corrupt = [](std::string what) { return Error{Code::kCorrupt, std::move(what)}; };
  std::unordered_map<std::string_view, std::int32_t> ids;
  ids.reserve(words.size());
  for (const auto& [word, id] : words) ids.emplace(word, id);
  const auto id_of = [&ids](std::string_view word) {
    const auto found = ids.find(word);
    return found == ids.end() ? -1 : found->second;
  };

  std::unique_ptr<ByteBpe> made(new ByteBpe(options, std::move(parts)));
  if (!options.unknown.empty()) {
    made->unknown_ = id_of(options.unknown);
    if (made->unknown_ < 0) {
      return corrupt(
          fmt::format("the vocabulary lacks {}, its word for the unknown", Shown(options.unknown)));
    }
  }
  std::vector<std::string> spelled(words.size());
  std::vector<std::pair<std::string_view, std::int32_t>> bytes;
  made->byte_ids_.fill(-1);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].first.empty() || !SpelledBytes(words[i].first, spelled[i])) continue;
    if (spelled[i].size() == 1) {
      made->byte_ids_[static_cast<unsigned char>(spelled[i][0])] = words[i].second;
    }
    bytes.emplace_back(spelled[i], words[i].second);
  }
  if (options.whole_words) made->words_ = Trie(std::move(bytes));

  std::vector<BpeMerges::Merge> joined;
  std::vector<std::uint64_t> pairs;
  std::string both;
  for (const auto& [left, right] : merges) {
    both = left;
    both += right;
    const BpeMerges::Merge merge{id_of(left), id_of(right), id_of(both)};
    if (merge.left < 0 || merge.right < 0 || merge.made < 0) {
      return corrupt(fmt::format("merge {}, of {} and {}: the vocabulary lacks {}",
                                 joined.size() + 1, Shown(left), Shown(right),
                                 Shown(merge.left < 0    ? left
                                       : merge.right < 0 ? right
                                                         : std::string_view(both))));
    }
    joined.push_back(merge);
    pairs.push_back(PairOf(merge.left, merge.right));
  }
  std::sort(pairs.begin(), pairs.end());
  if (const auto twice = std::adjacent_find(pairs.begin(), pairs.end()); twice != pairs.end()) {
    return corrupt(
        fmt::format("ids {} and {} are merged twice", *twice >> 32, *twice & 0xFFFFFFFF));
  }
  made->merges_ = BpeMerges(joined);
  return std::unique_ptr<Tokenizer>(std::move(made));
}

Result<std::unique_ptr<Tokenizer>> ByteBpe::FromFiles(const JsonNode& vocabulary,
                                                      std::string_view merges,
                                                      bool add_prefix_space) {
  HB_ASSIGN(const Vocabulary words, ReadVocabulary(vocabulary));
  HB_ASSIGN(const Pairs pairs, ParseMerges(merges));
  TokenizerParts parts;
  for (const std::string_view name : {"<s>", "<pad>", "</s>", "<unk>", "<mask>"}) {
    const auto found = std::find_if(words.begin(), words.end(),
                                    [name](const auto& word) { return word.first == name; });
    if (found == words.end()) {
      if (name == "<unk>" || name == "<mask>") continue;
      return vocabulary.Corrupt(fmt::format("lacks \"{}\", a mark of RoBERTa", name));
    }
    AddedToken token;
    token.content = name;
    token.id = found->second;
    token.lstrip = name == "<mask>";
    if (name == "<s>") parts.head = {token.id};
    if (name == "</s>") parts.tail = {token.id};
    if (name == "<pad>") parts.pad = token.id;
    parts.added.push_back(std::move(token));
  }
  for (const auto& [word, id] : words) parts.size = std::max(parts.size, id + 1);
  Options options;
  options.add_prefix_space = add_prefix_space;
  return Create(words, pairs, options, std::move(parts));
}

Result<std::unique_ptr<Tokenizer>> ByteBpe::FromJson(const JsonNode& root) {
  if (root.Has("normalizer")) {
    HB_ASSIGN(const JsonNode normalizer, root.Get("normalizer"));
    return normalizer.Unsupported("a normalizer (with BPE none is)");
  }
  Options options;
  HB_ASSIGN(const JsonNode parting, root.Get("pre_tokenizer"));
  HB_ASSIGN(const std::string_view type, parting.GetString("type"));
  if (type != "ByteLevel") {
    return parting.Unsupported(fmt::format("{} (with BPE only ByteLevel is)", Shown(type)));
  }
  HB_ASSIGN(options.add_prefix_space, parting.GetBool("add_prefix_space", true));
  HB_ASSIGN(options.part_words, parting.GetBool("use_regex", true));
  HB_ASSIGN(const JsonNode model, root.Get("model"));
  HB_TRY(CheckModel(model));
  HB_ASSIGN(options.join_unknown, model.GetBool("fuse_unk", false));
  HB_ASSIGN(options.whole_words, model.GetBool("ignore_merges", false));
  if (model.Has("unk_token")) {
    HB_ASSIGN(options.unknown, model.GetString("unk_token"));
  }
  HB_ASSIGN(const JsonNode vocab, model.Get("vocab"));
  HB_ASSIGN(const Vocabulary words, ReadVocabulary(vocab));
  HB_ASSIGN(const JsonNode list, model.Get("merges"));
  HB_ASSIGN(const Pairs pairs, ReadMerges(list));
  HB_ASSIGN(TokenizerParts parts, ReadParts(root, words));
  return Create(words, pairs, options, std::move(parts));
}

/// Fills scratch.symbols with the word's bytes.
void ByteBpe::Start(std::string_view word, Scratch& scratch) const {
  std::vector<Symbol>& symbols = scratch.symbols;
  symbols.clear();
  bool unknown_before = false;
  for (const char c : word) {
    std::int32_t id = byte_ids_[static_cast<unsigned char>(c)];
    const bool unknown = id < 0;
    if (unknown) {
      if (unknown_ < 0 || (unknown_before && options_.join_unknown)) continue;
      id = unknown_;
    }
    unknown_before = unknown;
    const auto at = static_cast<std::uint32_t>(symbols.size());
    symbols.push_back({id, at + 1, at - 1, false});  // The first has none before: kEnd.
  }
  if (!symbols.empty()) symbols.back().next = BpeMerges::kNone;
}

/// Fills scratch.ids. Cost: O(n log n) for n bytes, as each merge offers at most two new pairs.
void ByteBpe::Merge(std::string_view word, Scratch& scratch) const {
  constexpr std::uint32_t kEnd = BpeMerges::kNone;
  scratch.ids.clear();
  if (options_.whole_words) {
    if (const std::int32_t id = words_.Find(word); id >= 0) {
      scratch.ids.push_back(id);
      return;
    }
  }
  Start(word, scratch);
  std::vector<Symbol>& symbols = scratch.symbols;
  std::vector<Candidate>& heap = scratch.heap;
  heap.clear();
  const auto later = [](const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
  };
  const auto offer = [&](std::uint32_t at) {
    if (at == kEnd || symbols[at].next == kEnd) return false;
    const BpeMerges::Found found = merges_.Of(symbols[at].id, symbols[symbols[at].next].id);
    if (found.rank == BpeMerges::kNone) return false;
    heap.push_back({found.rank, at, found.made});
    return true;
  };
  for (std::uint32_t at = 0; at < symbols.size(); ++at) offer(at);
  std::make_heap(heap.begin(), heap.end(), later);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    const Candidate best = heap.back();
    heap.pop_back();
    Symbol& left = symbols[best.at];
    if (left.gone || left.next == kEnd) continue;
    Symbol& right = symbols[left.next];
    // The pair may have become another since it was offered.
    if (merges_.Of(left.id, right.id).made != best.made) continue;
    left.id = best.made;
    left.next = right.next;
    right.gone = true;
    if (left.next != kEnd) symbols[left.next].previous = best.at;
    if (offer(left.previous)) std::push_heap(heap.begin(), heap.end(), later);
    if (offer(best.at)) std::push_heap(heap.begin(), heap.end(), later);
  }
  for (const Symbol& symbol : symbols) {
    if (!symbol.gone) scratch.ids.push_back(symbol.id);
  }
}

void ByteBpe::AppendWord(std::string_view word, Scratch& scratch,
                         std::vector<std::int32_t>& out) const {
  if (word.size() > Known::kMaxBytes) {
    Merge(word, scratch);
    out.insert(out.end(), scratch.ids.begin(), scratch.ids.end());
    return;
  }
  const std::uint64_t hash = Hash64(word);
  Known& known = scratch.known[hash % scratch.known.size()];
  if (known.hash == hash && known.bytes == word.size() &&
      std::memcmp(known.word.data(), word.data(), word.size()) == 0) {
    out.insert(out.end(), known.id.begin(), known.id.begin() + known.ids);
    return;
  }
  Merge(word, scratch);
  out.insert(out.end(), scratch.ids.begin(), scratch.ids.end());
  if (scratch.ids.size() > Known::kMaxIds) return;
  known.hash = hash;
  known.bytes = static_cast<std::uint8_t>(word.size());
  known.ids = static_cast<std::uint8_t>(scratch.ids.size());
  std::memcpy(known.word.data(), word.data(), word.size());
  std::copy(scratch.ids.begin(), scratch.ids.end(), known.id.begin());
}

void ByteBpe::AppendPart(std::string_view part, std::size_t limit, Scratch& scratch,
                         std::vector<std::int32_t>& out) const {
  if (options_.add_prefix_space && part[0] != ' ') {
    scratch.text = ' ';
    scratch.text += part;
    part = scratch.text;
  }
  if (!options_.part_words) return AppendWord(part, scratch, out);
  for (std::size_t at = 0; at < part.size() && out.size() < limit;) {
    const std::size_t end = Gpt2WordEnd(part, at);
    AppendWord(part.substr(at, end - at), scratch, out);
    at = end;
  }
}

void ByteBpe::Encode(std::string_view text, std::size_t max_tokens,
                     std::vector<std::int32_t>& out) const {
  Enclose(parts_, max_tokens, out, [&](std::size_t limit, const auto& token) {
    Scratch& scratch = scratch_.Get();
    if (scratch.known.empty()) scratch.known.resize(1u << 14);
    const auto words = [&](std::string_view piece) {
      AppendPart(piece, limit, scratch, out);
      return out.size() < limit;
    };
    ForEachPart(
        raw_, ValidUtf8(text, scratch.repaired),
        [&](std::string_view part) { return ForEachPart(normalized_, part, words, token); }, token);
  });
}

}  // namespace hb::neural
