// tests/parity/texts.h - the texts that a comparison of this folder gives to a scoring program.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace hb {

/// Calls use(text) for each text on stdin: its size (4 bytes, little end first), then its bytes.
/// The exit code of the program.
template <typename Use>
int ForEachText(const char* program, const Use& use) {
  std::string text;
  unsigned char head[4];
  while (std::fread(head, 1, 4, stdin) == 4) {
    std::uint32_t size = 0;
    std::memcpy(&size, head, 4);
    text.resize(size);
    if (std::fread(text.data(), 1, size, stdin) != size) {
      std::fprintf(stderr, "%s: a text of %u bytes is cut short\n", program, size);
      return 1;
    }
    use(text);
  }
  return 0;
}

}  // namespace hb
