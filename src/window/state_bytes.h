// window/state_bytes.h - numbers and text to the bytes of a state, and back.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace hb {

/// Appends values to a string: numbers as LEB128, text with its length before it.
class StateWriter {
 public:
  explicit StateWriter(std::string& out) : out_(out) {}
  void Number(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void Signed(std::int64_t value) {
    Number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void Fixed(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) out_.push_back(static_cast<char>(value >> shift));
  }
  void Real(double value) { Fixed(std::bit_cast<std::uint64_t>(value)); }
  void Text(std::string_view text) {
    Number(text.size());
    out_.append(text);
  }

 private:
  std::string& out_;
};

/// Reads what StateWriter wrote. After the first fault every read gives 0 or "", and ok() is false.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return at_ == bytes_.size(); }

  std::uint64_t Number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }
  std::int64_t Signed() {
    const std::uint64_t value = Number();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::uint64_t Fixed() {
    const std::string_view bytes = Take(8);
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return value;
  }
  double Real() { return std::bit_cast<double>(Fixed()); }
  std::string_view Text() { return Take(Number()); }
  /// A number of things of at least one byte each.
  std::size_t Count() {
    const std::uint64_t count = Number();
    if (count <= bytes_.size() - at_) return static_cast<std::size_t>(count);
    Fail();
    return 0;
  }
  /// All that is left.
  std::string_view Rest() { return Take(bytes_.size() - at_); }
  /// The next `size` bytes as they are.
  std::string_view Take(std::uint64_t size) {
    if (size > bytes_.size() - at_) {
      Fail();
      return {};
    }
    const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(size));
    at_ += static_cast<std::size_t>(size);
    return taken;
  }
  void Fail() {
    ok_ = false;
    at_ = bytes_.size();
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace hb
