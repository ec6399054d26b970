// model/language_model.h - the file that a language model is: n-gram vectors, a linear layer a
// script.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/language_text.h"

namespace hb::model {

inline constexpr std::size_t kMaxLanguageClasses = 255;
/// Entries of the length table: texts of more known n-grams use the last one.
inline constexpr std::size_t kLanguageLengths = 1024;
/// Fractional bits of a text's vector and of the weights that it meets; their product is a logit.
inline constexpr int kLanguageBits = 9;
inline constexpr int kLanguageLogitBits = 2 * kLanguageBits;
/// Bounds of a text's vector and of a weight: kLanguageDim products stay below 2^31.
inline constexpr std::int32_t kMaxLanguageValue = 8191, kMaxLanguageWeight = 4095;
/// Ways of a set of the n-gram table.
inline constexpr std::size_t kLanguageWays = 4;
/// Bytes of a vector: four bits a number; i and i + 16 share a byte, the first in its low half.
inline constexpr std::size_t kLanguageRowBytes = kLanguageDim / 2;
/// What stands for zero in four bits.
inline constexpr int kLanguageZero = 8;
static_assert(std::endian::native == std::endian::little, "tags are compared four at a time");

/// A language in one script: one that is written in two is two classes.
struct LanguageClass {
  std::string code;  ///< "en": two to five bytes.
  Script script = Script::kNone;
  std::int32_t bias = 0;                             ///< kLanguageLogitBits fractional bits.
  std::array<std::int16_t, kLanguageDim> weights{};  ///< kLanguageBits fractional bits.
};

/// A trained model: what docs/formats/language_model.md describes, checked and ready to look up.
///
/// Lifecycle  From FromBytes (owns the bytes) or View (the caller's bytes outlive it).
/// Threads    Immutable: any number of threads at once.
/// Errors     kCorrupt: not a model, a broken one, or one of another version.
class LanguageModel {
 public:
  static Result<LanguageModel> FromBytes(std::string bytes);
  /// Requires: `bytes` live and do not change as long as the model.
  static Result<LanguageModel> View(std::string_view bytes);

  LanguageModel(LanguageModel&&) noexcept = default;
  LanguageModel& operator=(LanguageModel&&) noexcept = default;
  LanguageModel(const LanguageModel&) = delete;
  LanguageModel& operator=(const LanguageModel&) = delete;

  std::string_view name() const { return name_; }
  std::string_view version() const { return version_; }
  std::string_view bytes() const { return bytes_; }
  /// Of the content; tells one model from another.
  std::uint64_t checksum() const { return checksum_; }
  /// Ordered by script, then by code.
  const std::vector<LanguageClass>& classes() const { return classes_; }
  /// Those of a script: [first, second) of classes().
  std::pair<std::size_t, std::size_t> ClassesOf(Script script) const {
    return ranges_[static_cast<std::size_t>(script)];
  }
  /// Factor (16 fractional bits) that makes the sum of the vectors of `grams` known n-grams a
  /// text's vector.
  std::uint32_t length_factor(std::size_t grams) const {
    return lengths_[grams < kLanguageLengths ? grams : kLanguageLengths - 1];
  }

  /// Asks the processor for the memory that Find(hash) will look at first.
  void Prefetch(std::uint64_t hash) const {
    __builtin_prefetch(tags_ + SetOf(hash, sets_) * kSetBytes);
  }
  /// The vector of an n-gram (kLanguageRowBytes), or nullptr if the model does not know it.
  const std::uint8_t* Find(std::uint64_t hash) const {
    const std::size_t set = SetOf(hash, sets_);
    std::uint64_t tags = 0;
    std::memcpy(&tags, tags_ + set * kSetBytes, kSetBytes);
    // The lowest zero half-word of tags ^ tttt is the first way that holds the tag ("Bit Twiddling
    // Hacks", S. E. Anderson: haszero); a false one can only stand above a true one.
    const std::uint64_t differing = tags ^ (TagOf(hash) * 0x0001000100010001u);
    const std::uint64_t zero = (differing - 0x0001000100010001u) & ~differing & 0x8000800080008000u;
    const auto way = static_cast<std::size_t>(std::countr_zero(zero)) / 16 % kLanguageWays;
    const std::uint8_t* const row = rows_ + (set * kLanguageWays + way) * kLanguageRowBytes;
    return zero == 0 ? nullptr : row;
  }

  /// Where a hash lies. Its lowest byte plays no part (training uses it for something else).
  static std::size_t SetOf(std::uint64_t hash, std::uint64_t sets) {
    return static_cast<std::size_t>((hash >> 32) * sets >> 32);
  }
  static std::uint64_t TagOf(std::uint64_t hash) {
    const std::uint64_t tag = hash >> 8 & 0xFFFF;
    return tag == 0 ? 1 : tag;  // 0 marks an empty way.
  }

 private:
  static constexpr std::size_t kSetBytes = kLanguageWays * sizeof(std::uint16_t);
  LanguageModel() = default;
  Status Parse();

  std::string owned_;
  std::string_view bytes_;
  const std::uint8_t* tags_ = nullptr;  // Two bytes each, at any address.
  const std::uint8_t* rows_ = nullptr;
  std::uint64_t sets_ = 0;
  std::uint64_t checksum_ = 0;
  std::vector<LanguageClass> classes_;
  std::array<std::pair<std::size_t, std::size_t>, kScripts> ranges_{};
  std::array<std::uint32_t, kLanguageLengths> lengths_{};
  std::string name_;
  std::string version_;
};

/// The parts of a model file, for writing one. Everything but the table as in LanguageModel.
struct LanguageParts {
  std::string name;
  std::string version;
  std::vector<LanguageClass> classes;
  std::array<std::uint32_t, kLanguageLengths> lengths{};
  std::vector<std::uint16_t> tags;  ///< kLanguageWays a set; 0 is empty.
  std::vector<std::uint8_t> rows;   ///< kLanguageRowBytes a tag, in the same order.
};
/// The bytes of the file. Requires: parts that fit together (LanguageModel::FromBytes checks them).
std::string EncodeLanguageModel(const LanguageParts& parts);

}  // namespace hb::model
