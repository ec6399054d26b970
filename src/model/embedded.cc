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

__asm__(".pushsection .rodata, \"a\"\n"                                         //
        HB_INCLUDE_MODEL("hb_model_sentiment", HB_SENTIMENT_MODEL)              //
        HB_INCLUDE_MODEL("hb_model_sentiment_multi", HB_SENTIMENT_MULTI_MODEL)  //
        HB_INCLUDE_MODEL("hb_model_emotion", HB_EMOTION_MODEL)                  //
        HB_INCLUDE_MODEL("hb_model_irony", HB_IRONY_MODEL)                      //
        HB_INCLUDE_MODEL("hb_model_offensive", HB_OFFENSIVE_MODEL)              //
        HB_INCLUDE_MODEL("hb_model_hate", HB_HATE_MODEL)                        //
        HB_INCLUDE_MODEL("hb_model_topics", HB_TOPICS_MODEL)                    //
        HB_INCLUDE_MODEL("hb_model_entities", HB_ENTITIES_MODEL)                //
        HB_INCLUDE_MODEL("hb_model_language", HB_LANGUAGE_MODEL)                //
        HB_INCLUDE_MODEL("hb_model_meaning", HB_MEANING_MODEL)                  //
        HB_INCLUDE_MODEL("hb_model_topics_general", HB_TOPICS_GENERAL)          //
        ".popsection\n");

#define HB_MODEL_SYMBOLS(name)                 \
  extern const char hb_model_##name##_begin[]; \
  extern const char hb_model_##name##_end[]

extern "C" {
// NOLINTBEGIN(readability-identifier-naming): symbols of the assembler text above
HB_MODEL_SYMBOLS(sentiment);
HB_MODEL_SYMBOLS(sentiment_multi);
HB_MODEL_SYMBOLS(emotion);
HB_MODEL_SYMBOLS(irony);
HB_MODEL_SYMBOLS(offensive);
HB_MODEL_SYMBOLS(hate);
HB_MODEL_SYMBOLS(topics);
HB_MODEL_SYMBOLS(entities);
HB_MODEL_SYMBOLS(language);
HB_MODEL_SYMBOLS(meaning);
HB_MODEL_SYMBOLS(topics_general);
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

#define HB_VIEW_MODEL(Model, name) \
  ViewEmbedded<Model>(#name, hb_model_##name##_begin, hb_model_##name##_end)

const LinearModel& EmbeddedSentiment() {
  static const auto model = HB_VIEW_MODEL(LinearModel, sentiment);
  return model;
}

const LinearModel& EmbeddedSentimentMulti() {
  static const auto model = HB_VIEW_MODEL(LinearModel, sentiment_multi);
  return model;
}

const LinearModel& EmbeddedEmotion() {
  static const auto model = HB_VIEW_MODEL(LinearModel, emotion);
  return model;
}

const LinearModel& EmbeddedIrony() {
  static const auto model = HB_VIEW_MODEL(LinearModel, irony);
  return model;
}

const LinearModel& EmbeddedOffensive() {
  static const auto model = HB_VIEW_MODEL(LinearModel, offensive);
  return model;
}

const LinearModel& EmbeddedHate() {
  static const auto model = HB_VIEW_MODEL(LinearModel, hate);
  return model;
}

const LinearModel& EmbeddedTopics() {
  static const auto model = HB_VIEW_MODEL(LinearModel, topics);
  return model;
}

const SequenceModel& EmbeddedEntities() {
  static const auto model = HB_VIEW_MODEL(SequenceModel, entities);
  return model;
}

const LanguageModel& EmbeddedLanguage() {
  static const auto model = HB_VIEW_MODEL(LanguageModel, language);
  return model;
}

const WordVectors& EmbeddedMeaning() {
  static const auto model = HB_VIEW_MODEL(WordVectors, meaning);
  return model;
}

std::string_view EmbeddedGeneralTopics() {
  return {hb_model_topics_general_begin,
          static_cast<std::size_t>(hb_model_topics_general_end - hb_model_topics_general_begin)};
}

}  // namespace hb::model
