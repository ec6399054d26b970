#include "model/language_model.h"

#include <utility>

#include "base/hash.h"
#include "model/file_fields.h"

namespace hb::model {
namespace {

constexpr std::string_view kMagic = "HBLANGID";
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kSummedFrom = 24;
constexpr std::size_t kHeaderBytes = 32;
constexpr std::uint64_t kMinSets = 16, kMaxSets = 1 << 20;
constexpr std::int32_t kMaxBias = 64 << kLanguageLogitBits;
constexpr std::uint32_t kMaxLength = 1u << 24;
constexpr std::size_t kMaxText = 255;

Error Broken(std::string what) { return {Code::kCorrupt, "language model: " + std::move(what)}; }

bool IsCode(std::string_view code) {
  if (code.size() < 2 || code.size() > 5) return false;
  for (const char c : code) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-')) return false;
  }
  return true;
}

}  // namespace

Result<LanguageModel> LanguageModel::FromBytes(std::string bytes) {
  LanguageModel model;
  // A string's heap block does not move with it; one short enough to have none is refused below.
  model.owned_ = std::move(bytes);
  model.bytes_ = model.owned_;
  HB_TRY(model.Parse());
  return model;
}

Result<LanguageModel> LanguageModel::View(std::string_view bytes) {
  LanguageModel model;
  model.bytes_ = bytes;
  HB_TRY(model.Parse());
  return model;
}

Status LanguageModel::Parse() {
  if (bytes_.size() < kHeaderBytes) {
    return Broken("has " + std::to_string(bytes_.size()) + " bytes, header needs " +
                  std::to_string(kHeaderBytes));
  }
  if (!bytes_.starts_with(kMagic)) return Broken("magic is not HBLANGID");
  FieldReader reader(bytes_, kMagic.size());
  if (const auto version = reader.Number<std::uint32_t>(); version != kFormatVersion) {
    return Broken("format version " + std::to_string(version) + ", this program reads " +
                  std::to_string(kFormatVersion));
  }
  if (const auto version = reader.Number<std::uint32_t>(); version != kLanguageFeatureVersion) {
    return Broken("feature version " + std::to_string(version) + ", this program has " +
                  std::to_string(kLanguageFeatureVersion));
  }
  checksum_ = reader.Number<std::uint64_t>();
  if (checksum_ != Hash64(bytes_.substr(kSummedFrom))) {
    return Broken("checksum does not fit the content");
  }
  const auto count = std::size_t{reader.Number<std::uint32_t>()};
  sets_ = reader.Number<std::uint32_t>();
  if (count < 2 || count > kMaxLanguageClasses) return Broken("class count out of range");
  if (sets_ < kMinSets || sets_ > kMaxSets) return Broken("table size out of range");
  for (std::uint32_t& factor : lengths_) {
    factor = reader.Number<std::uint32_t>();
    if (factor > kMaxLength) return Broken("length factor out of range");
  }
  name_ = reader.Text<std::uint8_t>();
  version_ = reader.Text<std::uint8_t>();
  classes_.clear();
  for (std::size_t c = 0; c < count && reader.ok(); ++c) {
    LanguageClass entry;
    entry.code = reader.Text<std::uint8_t>();
    const auto script = std::size_t{reader.Number<std::uint8_t>()};
    entry.bias = reader.Number<std::int32_t>();
    for (std::int16_t& weight : entry.weights) {
      weight = reader.Number<std::int16_t>();
      if (weight < -kMaxLanguageWeight || weight > kMaxLanguageWeight) {
        return Broken("weight out of range");
      }
    }
    if (!reader.ok()) break;
    if (!IsCode(entry.code)) return Broken("a language code is not two to five letters");
    if (script == 0 || script >= kScripts) return Broken("script out of range");
    if (entry.bias < -kMaxBias || entry.bias > kMaxBias) return Broken("bias out of range");
    entry.script = static_cast<Script>(script);
    if (c > 0 && entry.script < classes_.back().script) return Broken("classes are out of order");
    auto& range = ranges_[script];
    if (range.second == 0) range.first = c;
    range.second = c + 1;
    classes_.push_back(std::move(entry));
  }
  if (!reader.ok()) return Broken("is cut off before its table");
  const std::size_t table_at = AlignUp(reader.at());
  const std::size_t entries = static_cast<std::size_t>(sets_) * kLanguageWays;
  const std::size_t expected = table_at + entries * (sizeof(std::uint16_t) + kLanguageRowBytes);
  if (bytes_.size() != expected) {
    return Broken("has " + std::to_string(bytes_.size()) + " bytes, its header asks for " +
                  std::to_string(expected));
  }
  tags_ = reinterpret_cast<const std::uint8_t*>(bytes_.data()) + table_at;
  rows_ = tags_ + entries * sizeof(std::uint16_t);
  return Ok();
}

std::string EncodeLanguageModel(const LanguageParts& parts) {
  std::string rest;
  Put(rest, static_cast<std::uint32_t>(parts.classes.size()));
  Put(rest, static_cast<std::uint32_t>(parts.tags.size() / kLanguageWays));
  for (const std::uint32_t factor : parts.lengths) Put(rest, factor);
  PutText<std::uint8_t>(rest, std::string_view(parts.name).substr(0, kMaxText));
  PutText<std::uint8_t>(rest, std::string_view(parts.version).substr(0, kMaxText));
  for (const LanguageClass& entry : parts.classes) {
    PutText<std::uint8_t>(rest, entry.code);
    Put(rest, static_cast<std::uint8_t>(entry.script));
    Put(rest, entry.bias);
    for (const std::int16_t weight : entry.weights) Put(rest, weight);
  }
  rest.resize(AlignUp(rest.size() + kSummedFrom) - kSummedFrom, '\0');
  for (const std::uint16_t tag : parts.tags) Put(rest, tag);
  rest.append(reinterpret_cast<const char*>(parts.rows.data()), parts.rows.size());

  std::string out(kMagic);
  Put(out, kFormatVersion);
  Put(out, kLanguageFeatureVersion);
  Put(out, Hash64(rest));
  return out + rest;
}

}  // namespace hb::model
