// model/linear_model.h - a linear softmax classifier over hashed n-grams, in integers.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "model/features.h"

namespace hb::model {

inline constexpr int kMaxClasses = 32;
/// Fractional bits of a logit.
inline constexpr int kLogitBits = 18;
/// Entries of the length table: texts of more tokens use the last one.
inline constexpr std::size_t kLengthEntries = 64;
/// Ways of a set of the weight table.
inline constexpr std::size_t kWays = 4;
static_assert(std::endian::native == std::endian::little, "tags are compared four at a time");

/// Languages that a model may tell apart.
inline constexpr std::size_t kMaxLanguages = 255;

/// What a model adds to its biases for texts of one language.
struct LanguageShift {
  std::string code;  ///< "pt": two to eight bytes.
  std::array<std::int32_t, kMaxClasses> shift{};
};

/// A trained model: what docs/formats/linear_model.md describes, checked and ready to look up.
///
/// Lifecycle  From FromBytes (owns the bytes) or View (the caller's bytes outlive it).
/// Threads    Immutable: any number of threads at once.
/// Memory     The bytes of the file and nothing beside them worth counting.
/// Errors     kCorrupt: not a model, a broken one, or one of another version; the message says
/// what.
class LinearModel {
 public:
  static Result<LinearModel> FromBytes(std::string bytes);
  /// Requires: `bytes` live and do not change as long as the model and its copies.
  static Result<LinearModel> View(std::string_view bytes);

  LinearModel(LinearModel&&) noexcept = default;
  LinearModel& operator=(LinearModel&&) noexcept = default;
  LinearModel(const LinearModel&) = delete;
  LinearModel& operator=(const LinearModel&) = delete;

  int classes() const { return classes_; }
  std::string_view name() const { return name_; }
  std::string_view version() const { return version_; }
  const std::vector<std::string>& labels() const { return labels_; }
  const FeatureSpec& spec() const { return spec_; }
  /// Bytes of the model file.
  std::string_view bytes() const { return bytes_; }
  /// Of the content; tells one model from another.
  std::uint64_t checksum() const { return checksum_; }

  /// Asks the processor for the memory that Find(hash) will look at first.
  void Prefetch(std::uint64_t hash) const { __builtin_prefetch(tags_ + SetOf(hash) * kWays); }

  /// Weights of a feature (classes() of them), or nullptr if the model knows none.
  const std::int8_t* Find(std::uint64_t hash) const {
    const std::size_t set = SetOf(hash);
    std::uint32_t tags = 0;
    std::memcpy(&tags, tags_ + set * kWays, kWays);
    // The lowest zero byte of tags ^ tttt is the first way that holds the tag ("Bit Twiddling
    // Hacks", S. E. Anderson: haszero); a false one can only stand above a true one.
    const std::uint32_t differing = tags ^ (TagOf(hash) * 0x01010101u);
    const std::uint32_t zero = (differing - 0x01010101u) & ~differing & 0x80808080u;
    if (zero == 0) return nullptr;
    const std::size_t way = static_cast<std::size_t>(std::countr_zero(zero)) / 8;
    return weights_ + (set * kWays + way) * static_cast<std::size_t>(classes_);
  }
  int log2_sets() const { return 64 - set_shift_; }
  /// The kWays tags of a set; 0 is an empty way. Requires: set < 2^log2_sets().
  const std::uint8_t* tags(std::size_t set) const { return tags_ + set * kWays; }
  /// Weights of one way of a set, classes() of them.
  const std::int8_t* weights(std::size_t set, std::size_t way) const {
    return weights_ + (set * kWays + way) * static_cast<std::size_t>(classes_);
  }
  static std::uint32_t TagOf(std::uint64_t hash) {
    const auto tag = static_cast<std::uint32_t>(hash & 0xFF);
    return tag == 0 ? 1 : tag;  // 0 marks an empty way.
  }
  /// What one step of a weight of that family and class is worth, in logits of kLogitBits.
  std::int32_t scale(Family family, int label) const {
    return scales_[static_cast<std::size_t>(family)][static_cast<std::size_t>(label)];
  }
  /// Of texts in the language of that number (NumberOf); 0: in no language or in any other one.
  std::int32_t bias(int label, std::size_t language = 0) const {
    return biases_[language][static_cast<std::size_t>(label)];
  }
  /// Languages that it was trained on and judges each in its own way; empty: it tells none apart.
  /// Ordered by code.
  const std::vector<LanguageShift>& languages() const { return languages_; }
  /// Number of a language: its place in languages() and one more; 0 if it is not there.
  /// Cost: O(log(languages)).
  std::size_t NumberOf(std::string_view language) const;
  /// Factor (16 fractional bits) for the sum of a text of `tokens` tokens.
  std::uint32_t length_factor(std::size_t tokens) const {
    return length_[tokens < kLengthEntries ? tokens : kLengthEntries - 1];
  }

 private:
  LinearModel() = default;
  Status Parse();
  std::size_t SetOf(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash >> set_shift_);
  }

  std::string owned_;
  std::string_view bytes_;
  const std::uint8_t* tags_ = nullptr;
  const std::int8_t* weights_ = nullptr;
  int set_shift_ = 0;
  std::uint64_t checksum_ = 0;
  int classes_ = 0;
  FeatureSpec spec_;
  std::array<std::array<std::int32_t, kMaxClasses>, kFamilies> scales_{};
  std::vector<std::array<std::int32_t, kMaxClasses>> biases_;  // [0]: without a language.
  std::array<std::uint32_t, kLengthEntries> length_{};
  std::string name_;
  std::string version_;
  std::vector<std::string> labels_;
  std::vector<LanguageShift> languages_;
};

/// The parts of a model file, for writing one. Everything but `table` as in LinearModel.
struct LinearParts {
  std::string name;
  std::string version;
  std::vector<std::string> labels;
  FeatureSpec spec;
  int log2_sets = 18;  ///< 4..20
  std::array<std::array<std::int32_t, kMaxClasses>, kFamilies> scales{};
  std::array<std::int32_t, kMaxClasses> bias{};
  std::array<std::uint32_t, kLengthEntries> length{};
  std::vector<LanguageShift> languages;  ///< Ordered by code; may be empty.
  std::vector<std::uint8_t> tags;        ///< kWays a set, 2^log2_sets sets; 0 is empty.
  std::vector<std::int8_t> weights;      ///< classes a tag, in the same order.
};
/// The bytes of the file. Requires: parts that fit together (LinearModel::FromBytes checks them).
std::string EncodeLinearModel(const LinearParts& parts);

/// Turns logits into probabilities in micro-units that sum to exactly 1,000,000: each but the last
/// is rounded down, the last takes the rest. Integer arithmetic throughout, so every machine gives
/// the same. Requires: equal sizes, 1..kMaxClasses.
void SoftmaxMicro(std::span<const std::int64_t> logits, std::span<Micro> out);

}  // namespace hb::model
