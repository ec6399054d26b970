// model/embedded.h - the models that are part of the program.
#pragma once

#include <string_view>

#include "model/language_model.h"
#include "model/linear_model.h"
#include "model/sequence_model.h"
#include "model/word_vectors.h"

namespace hb::model {

/// models/sentiment-fast/model.bin as it was at build time: labels negative, neutral, positive.
/// Checked at the first call (about a millisecond); the weights stay in the program's read-only
/// pages. Threads: any. A build whose model is broken aborts.
const LinearModel& EmbeddedSentiment();

/// models/sentiment-multi/model.bin, likewise: the same labels, for languages other than English.
const LinearModel& EmbeddedSentimentMulti();

/// models/emotion-fast/model.bin, likewise: anger, joy, optimism, sadness, none.
const LinearModel& EmbeddedEmotion();
/// Likewise: non_irony, irony.
const LinearModel& EmbeddedIrony();
/// Likewise: not-offensive, offensive.
const LinearModel& EmbeddedOffensive();
/// Likewise: not-hate, hate.
const LinearModel& EmbeddedHate();

/// Likewise: TweetTopic's 19, of which a post may have any number (many_trainer.h).
const LinearModel& EmbeddedTopics();

/// models/entities-fast/model.bin, likewise.
const SequenceModel& EmbeddedEntities();

/// models/language-fast/model.bin, likewise.
const LanguageModel& EmbeddedLanguage();

/// models/meaning-fast/model.bin, likewise.
const WordVectors& EmbeddedMeaning();

/// models/topics-general/topics.toml, as it was at build time.
std::string_view EmbeddedGeneralTopics();

}  // namespace hb::model
