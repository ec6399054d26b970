#include "model/word_vectors.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/hash.h"
#include "model/file_fields.h"

namespace hb::model {
namespace {

// docs/formats/word_vectors.md
constexpr std::string_view kMagic = "HBWORDVC";
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::uint32_t kTextVersion = 1;  // What becomes of a text before words are looked up.
constexpr std::size_t kChecked = 24;       // Where the part begins that the checksum is of.
constexpr std::size_t kHeader = 48;
constexpr std::size_t kMostWords = 1 << 20, kMostVocabulary = 1 << 24;

Error Corrupt(const std::string& what) { return Error{Code::kCorrupt, "word vectors: " + what}; }

}  // namespace

Result<WordVectors> WordVectors::FromBytes(std::string bytes) {
  WordVectors vectors;
  // Too short to be one, and would move with its object.
  if (bytes.size() < kHeader + 2 * kNameBytes) return Corrupt("too short");
  vectors.owned_ = std::move(bytes);
  vectors.bytes_ = vectors.owned_;
  HB_TRY(vectors.Parse());
  return vectors;
}

Result<WordVectors> WordVectors::View(std::string_view bytes) {
  WordVectors vectors;
  vectors.bytes_ = bytes;
  HB_TRY(vectors.Parse());
  return vectors;
}

Status WordVectors::Parse() {
  if (bytes_.size() < kHeader + 2 * kNameBytes || bytes_.substr(0, 8) != kMagic)
    return Corrupt("not such a file");
  const char* p = bytes_.data();
  if (Get<std::uint32_t>(p + 8) != kFormatVersion || Get<std::uint32_t>(p + 12) != kTextVersion)
    return Corrupt("of another version");
  if (Get<std::uint64_t>(p + 16) != Hash64(bytes_.substr(kChecked)))
    return Corrupt("checksum does not fit the content");
  words_ = Get<std::uint32_t>(p + 24);
  dims_ = Get<std::uint32_t>(p + 28);
  const std::size_t vocabulary = Get<std::uint32_t>(p + 32);
  if (words_ < 1 || words_ > kMostWords) return Corrupt("number of words out of range");
  if (dims_ < 16 || dims_ > kMostDims || dims_ % 16 != 0) return Corrupt("width out of range");
  if (vocabulary > kMostVocabulary) return Corrupt("vocabulary too large");
  const std::size_t vocabulary_at = kHeader + 2 * kNameBytes;
  const std::size_t scales_at = AlignUp(vocabulary_at + vocabulary);
  const std::size_t rows_at = AlignUp(scales_at + words_ * 2);
  if (bytes_.size() != rows_at + words_ * dims_) return Corrupt("wrong size");
  auto name = NameAt(p + kHeader);
  auto version = NameAt(p + kHeader + kNameBytes);
  if (!name || !version) return Corrupt("name too long");
  name_ = *std::move(name);
  version_ = *std::move(version);
  vocabulary_ = bytes_.substr(vocabulary_at, vocabulary);
  if (static_cast<std::size_t>(std::count(vocabulary_.begin(), vocabulary_.end(), '\n')) != words_)
    return Corrupt("as many lines as words are needed");
  scales_ = p + scales_at;
  rows_ = reinterpret_cast<const std::int8_t*>(p + rows_at);
  for (std::size_t i = 0; i < words_; ++i) {
    if (Get<std::uint16_t>(scales_ + 2 * i) > kMaxRowScale) return Corrupt("a scale out of range");
  }
  return Ok();
}

void WordVectors::Add(std::span<const std::int32_t> words, std::span<std::int32_t> sums) const {
  for (const std::int32_t word : words) {
    const auto index = static_cast<std::size_t>(word);
    const std::int32_t scale = Get<std::uint16_t>(scales_ + 2 * index);
    const std::int8_t* row = rows_ + index * dims_;
    std::int32_t* out = sums.data();
    for (std::size_t d = 0; d < dims_; d += 16) {
      for (std::size_t i = 0; i < 16; ++i) out[d + i] += scale * row[d + i];
    }
  }
}

void WordVectors::Normalize(std::span<const std::int32_t> sums, std::span<std::int16_t> out) {
  std::uint32_t largest = 0;
  for (const std::int32_t sum : sums)
    largest = std::max(largest, static_cast<std::uint32_t>(sum < 0 ? -std::int64_t{sum} : sum));
  if (largest == 0) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
    return;
  }
  // 24 bits are enough, and kMostDims squares of them fit.
  const int drop = std::max(0, static_cast<int>(std::bit_width(largest)) - 24);
  std::int64_t squares = 0;
  for (const std::int32_t sum : sums)
    squares += std::int64_t{sum / (1 << drop)} * (sum / (1 << drop));
  // One square root, one division, and a product each: IEEE says what they give. The products are
  // cut off, not rounded, so that the length never passes kUnit.
  const double factor = kUnit / std::sqrt(static_cast<double>(squares));
  for (std::size_t i = 0; i < sums.size(); ++i)
    out[i] = static_cast<std::int16_t>(static_cast<double>(sums[i] / (1 << drop)) * factor);
}

std::int32_t WordVectors::Product(std::span<const std::int16_t> a,
                                  std::span<const std::int16_t> b) {
  std::int32_t sum = 0;
  for (std::size_t d = 0; d + 16 <= a.size(); d += 16) {
    for (std::size_t i = 0; i < 16; ++i) sum += std::int32_t{a[d + i]} * b[d + i];
  }
  return sum;
}

std::string EncodeWordVectors(const WordVectorParts& parts) {
  std::string vocabulary;
  for (const std::string& word : parts.words) vocabulary += word + "\n";
  std::string rest;
  Put(rest, static_cast<std::uint32_t>(parts.words.size()));
  Put(rest, static_cast<std::uint32_t>(parts.dims));
  Put(rest, static_cast<std::uint32_t>(vocabulary.size()));
  rest.resize(kHeader - kChecked, '\0');
  PutName(rest, parts.name);
  PutName(rest, parts.version);
  const auto align = [&rest] { rest.resize(AlignUp(kChecked + rest.size()) - kChecked, '\0'); };
  rest += vocabulary;
  align();
  for (const std::uint16_t scale : parts.scales) Put(rest, scale);
  align();
  rest.append(reinterpret_cast<const char*>(parts.rows.data()), parts.rows.size());
  std::string out(kMagic);
  Put(out, kFormatVersion);
  Put(out, kTextVersion);
  Put(out, Hash64(rest));
  return out + rest;
}

}  // namespace hb::model
