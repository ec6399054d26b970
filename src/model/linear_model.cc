#include "model/linear_model.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/hash.h"
#include "model/file_fields.h"

namespace hb::model {
namespace {

constexpr std::string_view kMagic = "HBLINEAR";
// Without languages a file is of version 1, so that older programs read it.
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::uint32_t kLanguageVersion = 2;
constexpr std::size_t kChecksumAt = 16;
constexpr std::size_t kHeaderBytes = 48;
constexpr std::int32_t kMaxScale = 32768;
constexpr std::int32_t kMaxBias = 64 << kLogitBits;
constexpr std::uint32_t kMaxLengthFactor = 16u << 16;
constexpr std::size_t kMaxText = 256;
constexpr std::size_t kMinCode = 2, kMaxCode = 8;

Error Broken(std::string what) { return {Code::kCorrupt, "linear model: " + std::move(what)}; }

// exp(-x) for 0 <= x < 1 as a plain series: basic IEEE operations only, so every compiler folds it
// to the same numbers.
constexpr double ExpMinus(double x) {
  double term = 1;
  double sum = 1;
  for (int n = 1; n < 24; ++n) {
    term *= -x / n;
    sum += term;
  }
  return sum;
}
constexpr int kExpBits = 30;
constexpr int kFractionBits = 9;
constexpr std::size_t kWholeEntries = 20;

struct ExpTables {
  std::array<std::uint64_t, kWholeEntries> whole{};
  std::array<std::uint64_t, 1 << kFractionBits> fraction{};
};
constexpr ExpTables MakeExpTables() {
  ExpTables tables;
  double value = 1;
  for (std::uint64_t& entry : tables.whole) {
    entry = static_cast<std::uint64_t>(value * (1 << kExpBits) + 0.5);
    value *= ExpMinus(0.5) * ExpMinus(0.5);
  }
  for (std::size_t i = 0; i < tables.fraction.size(); ++i) {
    const double x = static_cast<double>(i) / (1 << kFractionBits);
    tables.fraction[i] = static_cast<std::uint64_t>(ExpMinus(x) * (1 << kExpBits) + 0.5);
  }
  return tables;
}
constexpr ExpTables kExp = MakeExpTables();

// exp(-distance) with kExpBits fractional bits; distance >= 0 has kLogitBits of them.
std::uint64_t ExpOfMinus(std::uint64_t distance) {
  const std::uint64_t whole = distance >> kLogitBits;
  if (whole >= kWholeEntries) return 0;
  const std::uint64_t rest = distance & ((1ull << kLogitBits) - 1);
  const std::uint64_t coarse = rest >> (kLogitBits - kFractionBits);
  const std::uint64_t fine = rest & ((1ull << (kLogitBits - kFractionBits)) - 1);
  const std::uint64_t product = (kExp.whole[whole] * kExp.fraction[coarse]) >> kExpBits;
  return product - ((product * fine) >> kLogitBits);  // exp(-e) = 1 - e below 2^-9.
}

}  // namespace

Result<LinearModel> LinearModel::FromBytes(std::string bytes) {
  LinearModel model;
  // Through a vector-like string that never moves its heap block: short ones are refused below.
  model.owned_ = std::move(bytes);
  model.bytes_ = model.owned_;
  HB_TRY(model.Parse());
  return model;
}

Result<LinearModel> LinearModel::View(std::string_view bytes) {
  LinearModel model;
  model.bytes_ = bytes;
  HB_TRY(model.Parse());
  return model;
}

Status LinearModel::Parse() {
  if (bytes_.size() < kHeaderBytes) {
    return Broken("has " + std::to_string(bytes_.size()) + " bytes, header needs " +
                  std::to_string(kHeaderBytes));
  }
  if (!bytes_.starts_with(kMagic)) return Broken("magic is not HBLINEAR");
  const auto format = Get<std::uint32_t>(bytes_.data() + 8);
  if (format != kFormatVersion && format != kLanguageVersion) {
    return Broken("format version " + std::to_string(format) + ", this program reads " +
                  std::to_string(kFormatVersion) + " and " + std::to_string(kLanguageVersion));
  }
  if (const auto version = Get<std::uint32_t>(bytes_.data() + 12); version != kFeatureVersion) {
    return Broken("feature version " + std::to_string(version) + ", this program has " +
                  std::to_string(kFeatureVersion));
  }
  checksum_ = Get<std::uint64_t>(bytes_.data() + kChecksumAt);
  if (checksum_ != Hash64(bytes_.substr(kChecksumAt + 8))) {
    return Broken("checksum does not fit the content");
  }
  const auto classes = Get<std::uint32_t>(bytes_.data() + 24);
  const auto log2_sets = Get<std::uint32_t>(bytes_.data() + 28);
  if (classes < 2 || classes > kMaxClasses) return Broken("class count out of range");
  if (log2_sets < 4 || log2_sets > 20) return Broken("table size out of range");
  classes_ = static_cast<int>(classes);
  spec_.char_min = Get<std::uint8_t>(bytes_.data() + 32);
  spec_.char_max = Get<std::uint8_t>(bytes_.data() + 33);
  spec_.phrases = Get<std::uint8_t>(bytes_.data() + 34);
  spec_.context = Get<std::uint8_t>(bytes_.data() + 35);
  if (spec_.char_min < 1 || spec_.char_max < spec_.char_min || spec_.char_max > kMaxCharGram ||
      spec_.phrases > 7 || spec_.context > 15) {
    return Broken("feature choice out of range");
  }
  const auto languages = static_cast<std::size_t>(Get<std::uint32_t>(bytes_.data() + 36));
  if (format == kFormatVersion ? languages != 0 : languages == 0 || languages > kMaxLanguages) {
    return Broken("language count out of range");
  }
  if (Get<std::uint64_t>(bytes_.data() + 40) != 0) return Broken("reserved bytes are not 0");

  FieldReader reader(bytes_, kHeaderBytes);
  biases_.assign(1, {});
  for (std::size_t c = 0; c < classes; ++c) {
    const auto bias = reader.Number<std::int32_t>();
    if (bias < -kMaxBias || bias > kMaxBias) return Broken("bias out of range");
    biases_[0][c] = bias;
  }
  for (auto& family : scales_) {
    for (int c = 0; c < classes_; ++c) {
      const auto scale = reader.Number<std::int32_t>();
      if (scale < 0 || scale > kMaxScale) return Broken("scale out of range");
      family[static_cast<std::size_t>(c)] = scale;
    }
  }
  for (std::uint32_t& factor : length_) {
    factor = reader.Number<std::uint32_t>();
    if (factor > kMaxLengthFactor) return Broken("length factor out of range");
  }
  name_ = reader.Text<std::uint16_t>(kMaxText);
  version_ = reader.Text<std::uint16_t>(kMaxText);
  labels_.clear();
  for (int c = 0; c < classes_; ++c) {
    labels_.emplace_back(reader.Text<std::uint16_t>(kMaxText));
    if (reader.ok() && labels_.back().empty()) return Broken("a label is empty");
  }
  languages_.clear();
  for (std::size_t i = 0; i < languages && reader.ok(); ++i) {
    LanguageShift language{.code = std::string(reader.Text<std::uint16_t>(kMaxText))};
    biases_.push_back(biases_[0]);
    for (std::size_t c = 0; c < classes; ++c) {
      language.shift[c] = reader.Number<std::int32_t>();
      if (language.shift[c] < -kMaxBias || language.shift[c] > kMaxBias) {
        return Broken("a language's shift is out of range");
      }
      biases_.back()[c] += language.shift[c];
    }
    if (!reader.ok()) break;
    if (language.code.size() < kMinCode || language.code.size() > kMaxCode ||
        (i > 0 && language.code <= languages_.back().code)) {
      return Broken("its languages are not codes in their order");
    }
    languages_.push_back(std::move(language));
  }
  if (!reader.ok()) return Broken("is cut off before its table");
  const std::size_t sets = std::size_t{1} << log2_sets;
  const std::size_t table_at = AlignUp(reader.at());
  const std::size_t table_bytes = sets * kWays * (1 + static_cast<std::size_t>(classes_));
  if (bytes_.size() != table_at + table_bytes) {
    return Broken("has " + std::to_string(bytes_.size()) + " bytes, its header asks for " +
                  std::to_string(table_at + table_bytes));
  }
  set_shift_ = 64 - static_cast<int>(log2_sets);
  tags_ = reinterpret_cast<const std::uint8_t*>(bytes_.data()) + table_at;
  weights_ = reinterpret_cast<const std::int8_t*>(tags_) + sets * kWays;
  return Ok();
}

std::size_t LinearModel::NumberOf(std::string_view language) const {
  const auto found =
      std::lower_bound(languages_.begin(), languages_.end(), language,
                       [](const LanguageShift& a, std::string_view b) { return a.code < b; });
  if (found == languages_.end() || found->code != language) return 0;
  return static_cast<std::size_t>(found - languages_.begin()) + 1;
}

std::string EncodeLinearModel(const LinearParts& parts) {
  std::string rest;
  const auto classes = parts.labels.size();
  Put(rest, static_cast<std::uint32_t>(classes));
  Put(rest, static_cast<std::uint32_t>(parts.log2_sets));
  rest.push_back(static_cast<char>(parts.spec.char_min));
  rest.push_back(static_cast<char>(parts.spec.char_max));
  rest.push_back(static_cast<char>(parts.spec.phrases));
  rest.push_back(static_cast<char>(parts.spec.context));
  Put(rest, static_cast<std::uint32_t>(parts.languages.size()));
  Put(rest, std::uint64_t{0});
  for (std::size_t c = 0; c < classes; ++c) Put(rest, parts.bias[c]);
  for (const auto& family : parts.scales) {
    for (std::size_t c = 0; c < classes; ++c) Put(rest, family[c]);
  }
  for (const std::uint32_t factor : parts.length) Put(rest, factor);
  PutText<std::uint16_t>(rest, parts.name);
  PutText<std::uint16_t>(rest, parts.version);
  for (const std::string& label : parts.labels) PutText<std::uint16_t>(rest, label);
  for (const LanguageShift& language : parts.languages) {
    PutText<std::uint16_t>(rest, language.code);
    for (std::size_t c = 0; c < classes; ++c) {
      Put(rest, language.shift[c]);
    }
  }
  rest.resize(AlignUp(rest.size() + kChecksumAt + 8) - kChecksumAt - 8, '\0');
  rest.append(reinterpret_cast<const char*>(parts.tags.data()), parts.tags.size());
  rest.append(reinterpret_cast<const char*>(parts.weights.data()), parts.weights.size());

  std::string out(kMagic);
  Put(out, parts.languages.empty() ? kFormatVersion : kLanguageVersion);
  Put(out, kFeatureVersion);
  Put(out, Hash64(rest));
  out += rest;
  return out;
}

void SoftmaxMicro(std::span<const std::int64_t> logits, std::span<Micro> out) {
  const std::int64_t top = *std::max_element(logits.begin(), logits.end());
  std::array<std::uint64_t, kMaxClasses> weights{};
  std::uint64_t total = 0;
  for (std::size_t c = 0; c < logits.size(); ++c) {
    weights[c] = ExpOfMinus(static_cast<std::uint64_t>(top - logits[c]));
    total += weights[c];
  }
  Micro rest = kMicro;
  for (std::size_t c = 0; c + 1 < logits.size(); ++c) {
    out[c] = static_cast<Micro>(weights[c] * static_cast<std::uint64_t>(kMicro) / total);
    rest -= out[c];
  }
  out[logits.size() - 1] = rest;
}

}  // namespace hb::model
