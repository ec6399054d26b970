// analysis/sentiment_model.h - a sentiment model that takes the place of ours.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "analysis/sentiment.h"
#include "base/result.h"

namespace hb {

/// One post, as a model is asked about it, and what it said.
struct SentimentQuestion {
  std::string_view text, lang;  ///< the language as the chain found it

  SentimentScore score;
  bool answered = false;
  bool mixed_too = true;  ///< else the score says nothing of mixed and label4
  /// Where it did not answer, in a word, for the row's model name: "budget". Lives for ever.
  std::string_view why_not = "failed";
};

/// Judges batches of posts: other people's lexicons, endpoints on the network. What it does not
/// answer is left to the fast model, and the row says so ("sentiment-fast/1-for-comprehend:budget";
/// names have no blanks), so that no post waits for it or is lost with it.
///
/// Lifecycle  Destroyed after its Scratches.
/// Threads    Const methods from any thread, each with its own Scratch.
class SentimentModel {
 public:
  class Scratch {
   public:
    virtual ~Scratch() = default;
  };
  virtual ~SentimentModel() = default;

  [[nodiscard]] virtual std::unique_ptr<Scratch> MakeScratch() const = 0;
  /// Answers what it can. An error says why it could not answer the rest; what was answered stays.
  virtual Status Judge(Scratch& scratch, std::span<SentimentQuestion> posts) const = 0;
  /// For the rows that it answered: "vader/3.3.2". The part before the slash is its name.
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// Whether it answers every post, whatever happens.
  [[nodiscard]] virtual bool answers_all() const = 0;
  /// Makes a Judge that waits for others end soon, with kCancelled, and every later one at once.
  /// Any thread.
  virtual void Stop() const noexcept {}
};

}  // namespace hb
