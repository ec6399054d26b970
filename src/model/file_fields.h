// model/file_fields.h - the little-endian fields that model files are made of (docs/formats/).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace hb::model {

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie");

/// Requires: sizeof(T) bytes at `at`.
template <typename T>
T Get(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <typename T>
void Put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Bytes of a name that is followed by zeros; the last is always one.
inline constexpr std::size_t kNameBytes = 64;
/// A longer name is cut.
inline void PutName(std::string& out, std::string_view name) {
  const std::size_t begin = out.size();
  out += name.substr(0, kNameBytes - 1);
  out.resize(begin + kNameBytes, '\0');
}
/// Nothing if the last byte is not zero. Requires: kNameBytes bytes at `at`.
inline std::optional<std::string> NameAt(const char* at) {
  const std::string_view field(at, kNameBytes);
  if (field.back() != '\0') return std::nullopt;
  return std::string(field.substr(0, field.find('\0')));
}

/// Where a table may begin.
constexpr std::size_t AlignUp(std::size_t at) { return (at + 15) / 16 * 16; }

/// A text after its size, a number of type Size. Requires: the size fits in it.
template <typename Size>
void PutText(std::string& out, std::string_view text) {
  Put(out, static_cast<Size>(text.size()));
  out += text;
}

/// Reads fields one after another and remembers whether the bytes ever ran out; from then on it
/// gives zeros and empty texts.
class FieldReader {
 public:
  FieldReader(std::string_view bytes, std::size_t at) : rest_(bytes.substr(at)), all_(bytes) {}
  template <typename T>
  T Number() {
    const std::string_view bytes = Take(sizeof(T));
    return bytes.empty() ? T{} : Get<T>(bytes.data());
  }
  /// What PutText<Size> wrote; one of more than `most` bytes ends it all.
  template <typename Size>
  std::string_view Text(std::size_t most = SIZE_MAX) {
    const std::size_t size = Number<Size>();
    return Take(size <= most ? size : SIZE_MAX);
  }
  [[nodiscard]] bool ok() const { return ok_; }
  /// Where the next field begins.
  [[nodiscard]] std::size_t at() const { return all_.size() - rest_.size(); }

 private:
  std::string_view Take(std::size_t size) {
    if (rest_.size() < size) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_, all_;
  bool ok_ = true;
};

}  // namespace hb::model
