// record/avro_wire.h - Avro's binary encoding of single values, for the codecs of this folder only.
//
// Avro 1.11 specification, "Binary Encoding". Why not libavro: docs/decisions/0003-avro.md.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/utf8.h"

namespace hb::avro {

/// Finds how many bytes a record can take at most, and whether all its text is valid UTF-8.
class Measure {
 public:
  void Long(std::int64_t) { bytes_ += 10; }
  void Int(std::int32_t) { bytes_ += 5; }
  void Boolean(bool) { bytes_ += 1; }
  void Float(float) { bytes_ += 4; }
  void Double(double) { bytes_ += 8; }
  void String(std::string_view text) {
    bytes_ += 10 + text.size();
    if (!IsValidUtf8(text)) clean_ = false;
  }
  /// Text that was made from text checked before.
  void CheckedString(std::string_view text) { bytes_ += 10 + text.size(); }
  void Bytes(std::string_view bytes) { bytes_ += 10 + bytes.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool clean() const { return clean_; }

 private:
  std::size_t bytes_ = 0;
  bool clean_ = true;
};

/// Writes values one after another. Requires: room for what Measure said.
template <bool kRepair>
class Put {
 public:
  explicit Put(char* at) : at_(at) {}
  void Long(std::int64_t value) {
    auto zigzag =
        (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    while (zigzag >= 0x80) {
      *at_++ = static_cast<char>(zigzag | 0x80);
      zigzag >>= 7;
    }
    *at_++ = static_cast<char>(zigzag);
  }
  void Int(std::int32_t value) { Long(value); }
  void Boolean(bool value) { *at_++ = value ? 1 : 0; }
  void Float(float value) { Little(std::bit_cast<std::uint32_t>(value)); }
  void Double(double value) { Little(std::bit_cast<std::uint64_t>(value)); }
  void String(std::string_view text) {
    if constexpr (kRepair) {
      if (!IsValidUtf8(text)) {
        std::string repaired;
        AppendRepairedUtf8(text, repaired);
        return Bytes(repaired);
      }
    }
    Bytes(text);
  }
  void CheckedString(std::string_view text) { String(text); }
  void Bytes(std::string_view bytes) {
    Long(static_cast<std::int64_t>(bytes.size()));
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  [[nodiscard]] char* at() const { return at_; }

 private:
  template <typename Bits>
  void Little(Bits bits) {
    for (std::size_t i = 0; i < sizeof bits; ++i) *at_++ = static_cast<char>(bits >> (8 * i));
  }
  char* at_;
};

/// Appends one record to `out`: calls `fields(sink)` to measure and again to write. Text that is
/// not UTF-8 is repaired, so that what is written can always be read.
template <typename Fields>
void AppendRecord(std::string& out, const Fields& fields) {
  Measure measure;
  fields(measure);
  const std::size_t before = out.size();
  // A repaired byte takes three.
  out.resize(before + (measure.clean() ? measure.bytes() : 3 * measure.bytes()));
  char* end;
  if (measure.clean()) {
    Put<false> put(out.data() + before);
    fields(put);
    end = put.at();
  } else {
    Put<true> put(out.data() + before);
    fields(put);
    end = put.at();
  }
  out.resize(static_cast<std::size_t>(end - out.data()));
}

/// Writes a list as one block. `List` has size() and gives string views.
template <typename Sink, typename List>
void PutStrings(Sink& sink, const List& list) {
  if (list.size() != 0) {
    sink.Long(static_cast<std::int64_t>(list.size()));
    for (std::size_t i = 0; i < list.size(); ++i) sink.String(list[i]);
  }
  sink.Long(0);
}

/// Reads values one after another. The first fault sticks: later reads give zero or "", and Finish
/// tells. Nothing is allocated from a length that the bytes do not have.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::int64_t Long() {
    std::uint64_t zigzag = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ == end_) return Fail("value ends early");
      const auto byte = static_cast<std::uint8_t>(*at_++);
      if (shift == 63 && byte > 1) break;
      zigzag |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
    }
    return Fail("number is longer than 64 bits");
  }
  std::int32_t Int() {
    const std::int64_t value = Long();
    if (value < std::numeric_limits<std::int32_t>::min() ||
        value > std::numeric_limits<std::int32_t>::max()) {
      return static_cast<std::int32_t>(Fail("int is out of range"));
    }
    return static_cast<std::int32_t>(value);
  }
  /// A long that must lie in [low, high].
  std::int64_t LongIn(std::int64_t low, std::int64_t high) {
    const std::int64_t value = Long();
    if (value < low || value > high) return failed() ? low : (Fail("number is out of range"), low);
    return value;
  }
  bool Boolean() {
    if (at_ == end_) return Fail("value ends early") != 0;
    const char byte = *at_++;
    if (byte != 0 && byte != 1) Fail("boolean is neither 0 nor 1");
    return byte == 1;
  }
  float Float() { return std::bit_cast<float>(Little<std::uint32_t>()); }
  double Double() { return std::bit_cast<double>(Little<std::uint64_t>()); }
  std::string_view Bytes() { return Raw(Long()); }
  /// `size` bytes as they are.
  std::string_view Raw(std::int64_t size) {
    if (size < 0 || size > end_ - at_) {
      Fail("length passes the end");
      return {};
    }
    const std::string_view bytes(at_, static_cast<std::size_t>(size));
    at_ += size;
    return bytes;
  }
  std::string_view String() {
    const std::string_view text = Bytes();
    if (!IsValidUtf8(text)) {
      Fail("string is not UTF-8");
      return {};
    }
    return text;
  }
  /// Calls `element()` for each element of an array or map, and stops at the first fault.
  /// Requires: an element of ours takes a byte at least; a longer count is a fault.
  template <typename Element>
  void Blocks(const Element& element) {
    while (true) {
      std::int64_t count = Long();
      if (count == 0) return;
      if (count < 0) {
        if (count == std::numeric_limits<std::int64_t>::min()) {
          Fail("block count is out of range");
          return;
        }
        count = -count;
        const std::int64_t size = Long();
        if (size < 0 || size > end_ - at_) Fail("block passes the end");
      }
      if (count > end_ - at_) Fail("block has more elements than bytes");
      for (; count > 0 && !failed(); --count) element();
      if (failed()) return;
    }
  }
  /// Marks the record as bad. Gives 0.
  std::int64_t Fail(const char* why) {
    if (why_ == nullptr) {
      why_ = why;
      fault_at_ = at_ - begin_;
      at_ = end_;
    }
    return 0;
  }
  [[nodiscard]] bool failed() const { return why_ != nullptr; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  /// kCorrupt if a read failed, or bytes are left.
  Status Finish(std::string_view record) {
    if (!failed() && at_ != end_) Fail("bytes are left over");
    if (!failed()) return Ok();
    return Error{Code::kCorrupt, std::string(record) + " of " + std::to_string(end_ - begin_) +
                                     " bytes, at byte " + std::to_string(fault_at_) + ": " + why_};
  }

 private:
  template <typename Bits>
  Bits Little() {
    const std::string_view raw = Raw(sizeof(Bits));
    Bits bits = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      bits |= static_cast<Bits>(static_cast<Bits>(static_cast<std::uint8_t>(raw[i])) << (8 * i));
    }
    return bits;
  }
  const char* begin_;
  const char* at_;
  const char* end_;
  const char* why_ = nullptr;
  std::int64_t fault_at_ = 0;
};

}  // namespace hb::avro
