#include "model/embedded.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

// The file goes into the read-only data as it is. A C array of four million numbers would cost the
// compiler a minute and a gigabyte.
__asm__(
    ".pushsection .rodata, \"a\"\n"
    ".balign 16\n"
    ".globl hb_model_sentiment_begin\n"
    "hb_model_sentiment_begin:\n"
    ".incbin \"" HB_SENTIMENT_MODEL
    "\"\n"
    ".globl hb_model_sentiment_end\n"
    "hb_model_sentiment_end:\n"
    ".byte 0\n"
    ".balign 16\n"
    ".globl hb_model_entities_begin\n"
    "hb_model_entities_begin:\n"
    ".incbin \"" HB_ENTITIES_MODEL
    "\"\n"
    ".globl hb_model_entities_end\n"
    "hb_model_entities_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
// NOLINTBEGIN(readability-identifier-naming): symbols of the assembler text above
extern const char hb_model_sentiment_begin[];
extern const char hb_model_sentiment_end[];
extern const char hb_model_entities_begin[];
extern const char hb_model_entities_end[];
// NOLINTEND(readability-identifier-naming)
}

namespace hb::model {

const LinearModel& EmbeddedSentiment() {
  static const LinearModel model = [] {
    auto loaded = LinearModel::View(std::string_view(
        hb_model_sentiment_begin,
        static_cast<std::size_t>(hb_model_sentiment_end - hb_model_sentiment_begin)));
    if (!loaded.ok()) {
      std::fprintf(stderr, "embedded sentiment model: %s\n", loaded.error().message.c_str());
      std::abort();
    }
    return std::move(loaded).value();
  }();
  return model;
}

const SequenceModel& EmbeddedEntities() {
  static const SequenceModel model = [] {
    auto loaded = SequenceModel::View(std::string_view(
        hb_model_entities_begin,
        static_cast<std::size_t>(hb_model_entities_end - hb_model_entities_begin)));
    if (!loaded.ok()) {
      std::fprintf(stderr, "embedded entities model: %s\n", loaded.error().message.c_str());
      std::abort();
    }
    return std::move(loaded).value();
  }();
  return model;
}

}  // namespace hb::model
