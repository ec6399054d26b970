// Any bytes as a post: names lie inside it, in order, on code point borders.
#include <cstdint>
#include <string_view>
#include <vector>

#include "analysis/named_entities.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hb::NamedEntityTagger tagger;
  static hb::NamedEntityTagger::Scratch scratch;
  static std::vector<hb::NamedEntity> names;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tagger.Tag(text, scratch, names);
  std::size_t done = 0;
  for (const hb::NamedEntity& name : names) {
    if (name.begin < done || name.begin >= name.end || name.end > size) __builtin_trap();
    if (name.begin_point > name.begin || name.end_point < name.begin_point) __builtin_trap();
    if ((data[name.begin] & 0xC0) == 0x80) __builtin_trap();
    done = name.end;
  }
  return 0;
}
