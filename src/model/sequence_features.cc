#include "model/sequence_features.h"

#include <algorithm>

#include "base/hash.h"

namespace hb::model {
namespace {

// Each kind of feature has a number of its own; new ones are appended, since models hold hashes.
enum Kind : std::uint64_t {
  kBias = 1,
  kWord,  // + 5 places
  kShape = 10,
  kPrefix = 20,
  kSuffix = 30,
  kPair = 40,
  kCluster = 50,
  kClusterPair = 80,
  kList = 90,
  kCasing = 110,
  kPost = 120,
  kAtWord = 130,
  kGram = 131,
  kShapes = 140,
  kListShape = 150,
  kViewSalt = 1000,
};

std::uint64_t Mix(std::uint64_t kind, std::uint64_t value) {
  std::uint64_t h = (value + kind * 0xD1B54A32D192ED03ull) * 0x9E3779B97F4A7C15ull;
  h ^= h >> 32;
  h *= 0xFF51AFD7ED558CCDull;
  return h ^ (h >> 33);
}

std::uint8_t ShapeOf(std::uint16_t flags, std::size_t bytes) {
  if ((flags & kTokenUrl) != 0) return 1;
  if ((flags & kTokenEmoji) != 0) return 2;
  if ((flags & kTokenMention) != 0) return 3;
  const std::uint8_t tag = (flags & kTokenHashtag) != 0 ? 32 : 0;
  if ((flags & kTokenCashtag) != 0) return 4;
  if ((flags & kTokenNumber) != 0)
    return static_cast<std::uint8_t>(5 + std::min<std::size_t>(bytes, 4));
  std::uint8_t shape = 12;
  if ((flags & kTokenUnspaced) != 0) return 11;
  if ((flags & kTokenAllCaps) != 0)
    shape = bytes > 4 ? 14 : 15;
  else if ((flags & kTokenInitialCap) != 0)
    shape = bytes == 1 ? 16 : 13;
  if ((flags & kTokenHasDigit) != 0) shape = static_cast<std::uint8_t>(shape + 8);
  return static_cast<std::uint8_t>(shape + tag);
}

bool IsBlank(unsigned char c) { return c <= ' '; }

std::size_t Length(unsigned char first) {
  return first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/// Signs between two words: a token for each run of the same one.
void AddSigns(std::string_view text, std::size_t begin, std::size_t end,
              std::vector<SequenceToken>& out) {
  std::size_t at = begin;
  while (at < end && out.size() < kMaxSequenceTokens) {
    const auto c = static_cast<unsigned char>(text[at]);
    std::size_t length = std::min(Length(c), end - at);
    if (IsBlank(c)) {
      ++at;
      continue;
    }
    const std::string_view sign = text.substr(at, length);
    if (sign == "\xC2\xA0" || sign == "\xE3\x80\x80" || sign == "\xEF\xB8\x8F" ||
        sign == "\xE2\x80\x8D") {  // blanks, and what only joins or colours emoji
      at += length;
      continue;
    }
    std::size_t stop = at + length;
    while (stop + length <= end && text.substr(stop, length) == sign) stop += length;
    SequenceToken token;
    token.begin = static_cast<std::uint32_t>(at);
    token.end = static_cast<std::uint32_t>(stop);
    token.hash = Hash64(sign, stop - at > length ? 3 : 2);
    token.shape = 64;
    token.sign = true;
    out.push_back(token);
    at = stop;
  }
}

class Extractor {
 public:
  Extractor(const TextWalk& walk, const WordTable& words, EntityView view, SequenceFeatures& out)
      : walk_(walk), words_(words), view_(view), out_(out) {}

  void Run() {
    const std::size_t n = out_.tokens.size();
    out_.hashes.clear();
    out_.ends.clear();
    out_.facts.assign(n, WordFacts{});
    out_.lists_begin.assign(n, 0);
    out_.lists_inside.assign(n, 0);
    LookUp();
    CountCapitals();
    for (std::size_t i = 0; i < n; ++i) {
      Token(i);
      out_.ends.push_back(static_cast<std::uint32_t>(out_.hashes.size()));
    }
  }

 private:
  void LookUp() {
    const std::size_t n = out_.tokens.size();
    for (std::size_t i = 0; i < n; ++i) {
      WordFacts facts;
      if (words_.Find(out_.tokens[i].hash, facts)) {
        out_.facts[i] = facts;
        out_.lists_begin[i] |= facts.lists;
      }
      std::uint64_t key = out_.tokens[i].hash;
      for (std::size_t j = i + 1; j < std::min(n, i + 3); ++j) {
        key = PhraseKey(key, out_.tokens[j].hash);
        if (out_.tokens[j].sign || out_.tokens[i].sign || !words_.Find(key, facts)) continue;
        out_.lists_begin[i] |= facts.lists;
        for (std::size_t k = i + 1; k <= j; ++k) out_.lists_inside[k] |= facts.lists;
      }
    }
  }

  void CountCapitals() {
    std::size_t words = 0, capital = 0, caps = 0;
    for (const SequenceToken& token : out_.tokens) {
      if (token.sign || (token.flags & (kTokenEntity | kTokenNumber)) != 0) continue;
      ++words;
      if ((token.flags & kTokenInitialCap) != 0) ++capital;
      if ((token.flags & kTokenAllCaps) != 0) ++caps;
    }
    if (caps * 2 > words)
      post_ = 3;
    else if (capital == 0)
      post_ = 0;
    else if (capital * 3 > words * 2)
      post_ = 2;
    else
      post_ = 1;
  }

  void Add(std::uint64_t kind, std::uint64_t value, bool in_view) {
    const std::uint64_t hash = Mix(kind, value);
    out_.hashes.push_back(hash);
    if (in_view && view_ != EntityView::kGeneral) {
      out_.hashes.push_back(Mix(kViewSalt + static_cast<std::uint64_t>(view_), hash));
    }
  }

  std::uint64_t WordAt(std::ptrdiff_t i) const {
    if (i < 0) return 7;
    return i < size() ? out_.tokens[static_cast<std::size_t>(i)].hash : 8;
  }
  std::uint64_t ShapeAt(std::ptrdiff_t i) const {
    if (i < 0) return 250;
    return i < size() ? out_.tokens[static_cast<std::size_t>(i)].shape : 251u;
  }
  std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(out_.tokens.size()); }

  void Token(std::size_t index) {
    const auto i = static_cast<std::ptrdiff_t>(index);
    const SequenceToken& token = out_.tokens[index];
    const std::string_view letters =
        std::string_view(walk_.folded)
            .substr(token.folded_begin, token.folded_end - token.folded_begin);
    Add(kBias, 0, true);
    for (std::ptrdiff_t d = -2; d <= 2; ++d) {
      Add(kWord + static_cast<std::uint64_t>(d + 2), WordAt(i + d), d == 0);
    }
    for (std::ptrdiff_t d = -1; d <= 1; ++d) {
      Add(kShape + static_cast<std::uint64_t>(d + 1), ShapeAt(i + d), d == 0);
    }
    Add(kShapes, ShapeAt(i) << 16 | ShapeAt(i - 1) << 8 | ShapeAt(i + 1), false);
    Add(kShapes + 1, ShapeAt(i) << 8 | post_, true);
    Add(kShapes + 2, ShapeAt(i) << 8 | (i == 0 || out_.tokens[index - 1].sign ? 1 : 0), false);
    Add(kPair, PhraseKey(WordAt(i - 1), WordAt(i)), false);
    Add(kPair + 1, PhraseKey(WordAt(i), WordAt(i + 1)), false);
    if (!token.sign && (token.flags & (kTokenUrl | kTokenEmoji)) == 0) {
      const std::size_t most = std::min<std::size_t>(letters.size(), 4);
      for (std::size_t n = 1; n <= most; ++n) {
        if (n >= 2) Add(kPrefix + n, Hash64(letters.substr(0, n)), false);
        Add(kSuffix + n, Hash64(letters.substr(letters.size() - n)), n == 3);
      }
    }
    if (index > 0 && out_.tokens[index - 1].sign &&
        walk_.text[out_.tokens[index - 1].begin] == '@') {
      Add(kAtWord, token.hash, true);
      for (std::size_t k = 0; k + 4 <= letters.size() && k < 24; ++k) {
        Add(kGram, Hash64(letters.substr(k, 4)), false);
      }
    }
    Facts(i);
  }

  void Facts(std::ptrdiff_t i) {
    for (std::ptrdiff_t d = -2; d <= 2; ++d) {
      if (i + d < 0 || i + d >= size()) continue;
      const WordFacts& facts = out_.facts[static_cast<std::size_t>(i + d)];
      for (std::size_t g = 0; g < facts.clusters.size(); ++g) {
        if (facts.clusters[g] == 0) continue;
        Add(kCluster + static_cast<std::uint64_t>(d + 2) * 3 + g, facts.clusters[g], d == 0);
        if (d == 0)
          Add(kCluster + 20 + g, (std::uint64_t{facts.clusters[g]} << 8) | ShapeAt(i), false);
      }
    }
    const auto index = static_cast<std::size_t>(i);
    const WordFacts& here = out_.facts[index];
    if (i > 0)
      Add(kClusterPair, std::uint64_t{out_.facts[index - 1].clusters[1]} << 16 | here.clusters[1],
          false);
    if (i + 1 < size()) {
      Add(kClusterPair + 1,
          std::uint64_t{here.clusters[1]} << 16 | out_.facts[index + 1].clusters[1], false);
    }
    Add(kCasing, std::uint64_t{here.casing} << 8 | ShapeAt(i), true);
    Add(kCasing + 1, std::uint64_t{here.casing} << 8 | post_, false);
    for (std::ptrdiff_t d = -1; d <= 1; ++d) {
      if (i + d < 0 || i + d >= size()) continue;
      const auto at = static_cast<std::size_t>(i + d);
      const auto place = static_cast<std::uint64_t>(d + 1) * 2;
      for (std::uint64_t bit = 0; bit < 8; ++bit) {
        if ((out_.lists_begin[at] >> bit & 1) != 0) {
          Add(kList + place, bit, d == 0);
          if (d == 0) Add(kListShape, bit << 8 | ShapeAt(i), false);
        }
        if ((out_.lists_inside[at] >> bit & 1) != 0) Add(kList + place + 1, bit, d == 0);
      }
    }
  }

  const TextWalk& walk_;
  const WordTable& words_;
  const EntityView view_;
  SequenceFeatures& out_;
  std::uint64_t post_ = 0;  ///< How the post uses capitals.
};

}  // namespace

std::string_view EntityTypeName(EntityType type) noexcept {
  constexpr std::array<std::string_view, kEntityTypes> kNames{
      "person", "place", "organisation", "group", "product", "work", "other"};
  return kNames[static_cast<std::size_t>(type)];
}

void SequenceTokens(const TextWalk& walk, std::vector<SequenceToken>& out) {
  out.clear();
  std::size_t done = 0;
  for (const Token& word : walk.tokens) {
    if (out.size() >= kMaxSequenceTokens) return;
    SequenceToken token;
    token.begin = word.begin;
    token.end = word.end;
    if ((word.flags & (kTokenHashtag | kTokenMention | kTokenCashtag)) != 0) {
      // The sign belongs to the tag. It may be a full-width one.
      while (token.begin > done &&
             !IsBlank(static_cast<unsigned char>(walk.text[token.begin - 1]))) {
        --token.begin;
        if ((static_cast<unsigned char>(walk.text[token.begin]) & 0xC0) != 0x80) break;
      }
    }
    AddSigns(walk.text, done, token.begin, out);
    if (out.size() >= kMaxSequenceTokens) return;
    token.folded_begin = word.folded_begin;
    token.folded_end = word.folded_end;
    token.flags = word.flags;
    token.shape = ShapeOf(word.flags, word.end - word.begin);
    if ((word.flags & kTokenMention) != 0)
      token.hash = Hash64("@user", 1);
    else if ((word.flags & kTokenUrl) != 0)
      token.hash = Hash64("http", 1);
    else
      token.hash = word.hash ^ ((word.flags & kTokenHashtag) != 0 ? 0x55 : 0);
    out.push_back(token);
    done = std::max<std::size_t>(done, token.end);
  }
  AddSigns(walk.text, done, walk.text.size(), out);
}

void ExtractSequenceFeatures(const TextWalk& walk, const WordTable& words, EntityView view,
                             SequenceFeatures& out) {
  SequenceTokens(walk, out.tokens);
  Extractor(walk, words, view, out).Run();
}

}  // namespace hb::model
