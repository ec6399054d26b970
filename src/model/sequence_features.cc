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
  kClusterShape = 70,  // + 3 groups
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

std::string_view FoldedOf(const TextWalk& walk, const SequenceToken& token) {
  return std::string_view(walk.folded)
      .substr(token.folded_begin, token.folded_end - token.folded_begin);
}

/// Beginnings and ends of a word: add(kind, value, in_view).
template <typename Add>
void AddAffixes(std::string_view letters, const Add& add) {
  const std::size_t most = std::min<std::size_t>(letters.size(), 4);
  for (std::size_t n = 1; n <= most; ++n) {
    if (n >= 2) add(kPrefix + n, Hash64(letters.substr(0, n)), false);
    add(kSuffix + n, Hash64(letters.substr(letters.size() - n)), n == 3);
  }
}

std::uint64_t WordKind(std::ptrdiff_t distance) {
  return kWord + static_cast<std::uint64_t>(distance + kSeenBeside);
}
std::uint64_t ClusterShape(std::uint16_t cluster, std::uint8_t shape) {
  return std::uint64_t{cluster} << 8 | shape;
}
std::uint64_t ClusterKind(std::ptrdiff_t distance, std::size_t group) {
  return kCluster + static_cast<std::uint64_t>(distance + kSeenBeside) * 3 + group;
}

/// How a post uses capitals: 0 not, 1 some, 2 most words begin with one, 3 most are all capitals.
std::uint8_t CapitalsOf(const std::vector<SequenceToken>& tokens) {
  std::size_t words = 0, capital = 0, caps = 0;
  for (const SequenceToken& token : tokens) {
    if (token.sign || (token.flags & (kTokenEntity | kTokenNumber)) != 0) continue;
    ++words;
    if ((token.flags & kTokenInitialCap) != 0) ++capital;
    if ((token.flags & kTokenAllCaps) != 0) ++caps;
  }
  if (caps * 2 > words) return 3;
  if (capital == 0) return 0;
  return capital * 3 > words * 2 ? 2 : 1;
}

std::uint8_t ShapeAt(const std::vector<SequenceToken>& tokens, std::ptrdiff_t i) {
  if (i < 0) return 250;
  const auto at = static_cast<std::size_t>(i);
  return at < tokens.size() ? tokens[at].shape : std::uint8_t{251};
}

ShapeView ShapeViewAt(const SequenceFeatures& features, std::size_t index, std::uint8_t post) {
  const auto i = static_cast<std::ptrdiff_t>(index);
  return {.before = ShapeAt(features.tokens, i - 1),
          .own = ShapeAt(features.tokens, i),
          .after = ShapeAt(features.tokens, i + 1),
          .post = post,
          .casing = features.facts[index].casing,
          .begins = index == 0 || features.tokens[index - 1].sign};
}

/// add(kind, value, in_view)
template <typename Add>
void AddShapes(const ShapeView& view, const Add& add) {
  const std::uint64_t own = view.own;
  add(kShape, view.before, false);
  add(kShape + 1, own, true);
  add(kShape + 2, view.after, false);
  add(kShapes, own << 16 | std::uint64_t{view.before} << 8 | view.after, false);
  add(kShapes + 1, own << 8 | view.post, true);
  add(kShapes + 2, own << 8 | (view.begins ? 1 : 0), false);
}
template <typename Add>
void AddCasing(const ShapeView& view, const Add& add) {
  add(kCasing, std::uint64_t{view.casing} << 8 | view.own, true);
  add(kCasing + 1, std::uint64_t{view.casing} << 8 | view.post, false);
}

/// `kContextOnly`: without what WordOnlyFeatures gives.
template <bool kContextOnly>
class Extractor {
 public:
  Extractor(const TextWalk& walk, const WordTable& words, EntityView view, SequenceFeatures& out)
      : walk_(walk), words_(words), view_(view), out_(out) {}

  void Run() {
    const std::size_t n = out_.tokens.size();
    out_.hashes.clear();
    out_.ends.clear();
    if constexpr (!kContextOnly) LookUpWords();
    out_.lists_begin.assign(n, 0);
    out_.lists_inside.assign(n, 0);
    LookUpPhrases();
    const std::uint8_t post = CapitalsOf(out_.tokens);
    for (std::size_t i = 0; i < n; ++i) {
      Token(i, ShapeViewAt(out_, i, post));
      out_.ends.push_back(static_cast<std::uint32_t>(out_.hashes.size()));
    }
  }

 private:
  void LookUpWords() {
    out_.facts.assign(out_.tokens.size(), WordFacts{});
    for (std::size_t i = 0; i < out_.tokens.size(); ++i) {
      WordFacts facts;
      if (words_.Find(out_.tokens[i].hash, facts)) out_.facts[i] = facts;
    }
  }

  void LookUpPhrases() {
    const std::size_t n = out_.tokens.size();
    for (std::size_t i = 0; i < n; ++i) {
      out_.lists_begin[i] |= out_.facts[i].lists;
      if (out_.tokens[i].sign) continue;
      WordFacts facts;
      std::uint64_t key = out_.tokens[i].hash;
      for (std::size_t j = i + 1; j < std::min(n, i + 3); ++j) {
        key = PhraseKey(key, out_.tokens[j].hash);
        if (out_.tokens[j].sign || !words_.Find(key, facts)) continue;
        out_.lists_begin[i] |= facts.lists;
        for (std::size_t k = i + 1; k <= j; ++k) out_.lists_inside[k] |= facts.lists;
      }
    }
  }

  void Add(std::uint64_t kind, std::uint64_t value, bool in_view) {
    const std::uint64_t hash = Mix(kind, value);
    out_.hashes.push_back(hash);
    if (in_view && view_ != EntityView::kGeneral) {
      out_.hashes.push_back(Mix(kViewSalt + static_cast<std::uint64_t>(view_), hash));
    }
  }

  std::uint64_t WordAt(std::ptrdiff_t i) const {
    if (i < 0) return kBeforeText;
    return i < size() ? out_.tokens[static_cast<std::size_t>(i)].hash : kBehindText;
  }
  std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(out_.tokens.size()); }

  void Token(std::size_t index, const ShapeView& shapes) {
    const auto add = [this](std::uint64_t kind, std::uint64_t value, bool in_view) {
      Add(kind, value, in_view);
    };
    const auto i = static_cast<std::ptrdiff_t>(index);
    const SequenceToken& token = out_.tokens[index];
    if constexpr (!kContextOnly) {
      Add(kBias, 0, true);
      for (std::ptrdiff_t d = -kSeenBeside; d <= kSeenBeside; ++d) {
        Add(WordKind(d), WordAt(i + d), d == 0);
      }
    }
    if constexpr (!kContextOnly) AddShapes(shapes, add);
    Add(kPair, PhraseKey(WordAt(i - 1), WordAt(i)), false);
    Add(kPair + 1, PhraseKey(WordAt(i), WordAt(i + 1)), false);
    if constexpr (!kContextOnly) AddAffixes(LettersOf(walk_, token), add);
    if (index > 0 && out_.tokens[index - 1].sign &&
        walk_.text[out_.tokens[index - 1].begin] == '@') {
      Add(kAtWord, token.hash, true);
      const std::string_view letters = FoldedOf(walk_, token);
      for (std::size_t k = 0; k + 4 <= letters.size() && k < 24; ++k) {
        Add(kGram, Hash64(letters.substr(k, 4)), false);
      }
    }
    Facts(i, shapes, add);
  }

  template <typename AddOne>
  void Facts(std::ptrdiff_t i, const ShapeView& shapes, const AddOne& add) {
    if constexpr (!kContextOnly) Clusters(i, shapes);
    const auto index = static_cast<std::size_t>(i);
    const WordFacts& here = out_.facts[index];
    if (i > 0)
      Add(kClusterPair, std::uint64_t{out_.facts[index - 1].clusters[1]} << 16 | here.clusters[1],
          false);
    if (i + 1 < size()) {
      Add(kClusterPair + 1,
          std::uint64_t{here.clusters[1]} << 16 | out_.facts[index + 1].clusters[1], false);
    }
    if constexpr (!kContextOnly) AddCasing(shapes, add);
    Lists(i, shapes.own);
  }

  void Clusters(std::ptrdiff_t i, const ShapeView& shapes) {
    for (std::ptrdiff_t d = -kSeenBeside; d <= kSeenBeside; ++d) {
      if (i + d < 0 || i + d >= size()) continue;
      const WordFacts& facts = out_.facts[static_cast<std::size_t>(i + d)];
      for (std::size_t g = 0; g < facts.clusters.size(); ++g) {
        if (facts.clusters[g] == 0) continue;
        Add(ClusterKind(d, g), facts.clusters[g], d == 0);
        if (d == 0) Add(kClusterShape + g, ClusterShape(facts.clusters[g], shapes.own), false);
      }
    }
  }

  void Lists(std::ptrdiff_t i, std::uint8_t shape) {
    for (std::ptrdiff_t d = -1; d <= 1; ++d) {
      if (i + d < 0 || i + d >= size()) continue;
      const auto at = static_cast<std::size_t>(i + d);
      const auto place = static_cast<std::uint64_t>(d + 1) * 2;
      for (std::uint64_t bit = 0; bit < 8; ++bit) {
        if ((out_.lists_begin[at] >> bit & 1) != 0) {
          Add(kList + place, bit, d == 0);
          if (d == 0) Add(kListShape, bit << 8 | shape, false);
        }
        if ((out_.lists_inside[at] >> bit & 1) != 0) Add(kList + place + 1, bit, d == 0);
      }
    }
  }

  const TextWalk& walk_;
  const WordTable& words_;
  const EntityView view_;
  SequenceFeatures& out_;
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

std::string_view LettersOf(const TextWalk& walk, const SequenceToken& token) {
  if (token.sign || (token.flags & (kTokenUrl | kTokenEmoji)) != 0) return {};
  return FoldedOf(walk, token);
}

void WordOnlyFeatures(std::ptrdiff_t distance, std::uint64_t word, const WordFacts& facts,
                      std::string_view letters, std::uint8_t shape,
                      std::vector<std::uint64_t>& out) {
  out.clear();
  const auto add = [&out](std::uint64_t kind, std::uint64_t value, bool) {
    out.push_back(Mix(kind, value));
  };
  add(WordKind(distance), word, false);
  for (std::size_t g = 0; g < facts.clusters.size(); ++g) {
    if (facts.clusters[g] == 0) continue;
    add(ClusterKind(distance, g), facts.clusters[g], false);
    if (distance == 0) add(kClusterShape + g, ClusterShape(facts.clusters[g], shape), false);
  }
  if (distance != 0) return;
  add(kBias, 0, false);
  AddAffixes(letters, add);
}

void ShapeOnlyFeatures(const ShapeView& view, std::vector<std::uint64_t>& out) {
  out.clear();
  const auto add = [&out](std::uint64_t kind, std::uint64_t value, bool) {
    out.push_back(Mix(kind, value));
  };
  AddShapes(view, add);
  AddCasing(view, add);
}

void ShapeViews(const SequenceFeatures& features, std::vector<ShapeView>& out) {
  const std::uint8_t post = CapitalsOf(features.tokens);
  out.clear();
  for (std::size_t i = 0; i < features.tokens.size(); ++i) {
    out.push_back(ShapeViewAt(features, i, post));
  }
}

void ExtractContextFeatures(const TextWalk& walk, const WordTable& words, SequenceFeatures& out) {
  Extractor<true>(walk, words, EntityView::kGeneral, out).Run();
}

void ExtractSequenceFeatures(const TextWalk& walk, const WordTable& words, EntityView view,
                             SequenceFeatures& out) {
  SequenceTokens(walk, out.tokens);
  Extractor<false>(walk, words, view, out).Run();
}

}  // namespace hb::model
