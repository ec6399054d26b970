#include "model/embedded.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

// The file goes into the read-only data as it is. A C array of four million numbers would cost the
// compiler a minute and a gigabyte.
#define HB_INCLUDE_MODEL(symbol, file) \
  ".balign 16\n"                       \
  ".globl " symbol "_begin\n" symbol   \
  "_begin:\n"                          \
  ".incbin \"" file                    \
  "\"\n"                               \
  ".globl " symbol "_end\n" symbol     \
  "_end:\n"                            \
  ".byte 0\n"

__asm__(".pushsection .rodata, \"a\"\n"  //
        HB_INCLUDE_MODEL("hb_model_sentiment", HB_SENTIMENT_MODEL)
            HB_INCLUDE_MODEL("hb_model_entities", HB_ENTITIES_MODEL) ".popsection\n");

extern "C" {
// NOLINTBEGIN(readability-identifier-naming): symbols of the assembler text above
extern const char hb_model_sentiment_begin[];
extern const char hb_model_sentiment_end[];
extern const char hb_model_entities_begin[];
extern const char hb_model_entities_end[];
// NOLINTEND(readability-identifier-naming)
}

namespace hb::model {

namespace {

/// The model between two symbols. The build put it there, so there is nobody to give an error to.
template <typename Model>
Model ViewEmbedded(const char* name, const char* begin, const char* end) {
  auto loaded = Model::View(std::string_view(begin, static_cast<std::size_t>(end - begin)));
  if (!loaded.ok()) {
    std::fprintf(stderr, "embedded %s model: %s\n", name, loaded.error().message.c_str());
    std::abort();
  }
  return std::move(loaded).value();
}

}  // namespace

const LinearModel& EmbeddedSentiment() {
  static const auto model =
      ViewEmbedded<LinearModel>("sentiment", hb_model_sentiment_begin, hb_model_sentiment_end);
  return model;
}

const SequenceModel& EmbeddedEntities() {
  static const auto model =
      ViewEmbedded<SequenceModel>("entities", hb_model_entities_begin, hb_model_entities_end);
  return model;
}

}  // namespace hb::model
