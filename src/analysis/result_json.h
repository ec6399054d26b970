// analysis/result_json.h - one post's results as the JSON that `score` and /api/v1/analyze give.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/chain.h"
#include "analysis/topics.h"
#include "record/analysis_batch.h"

namespace hb {

/// Which results are wanted; by default all but the second opinion on sentiment.
struct ResultChoice {
  bool sentiment = true, polarity = true, language = true, hashtags = true;
  bool emotion = true, tone = true;
  bool entities = true, keywords = true;
  bool topics = true;  ///< if the chain looks for any
  bool vader = false;
  /// Reads "sentiment,polarity,emotion,tone,language,hashtags,entities,keywords,topics,vader"; tone
  /// is irony, offence and hate. kInvalidArgument names what is not known.
  static Result<ResultChoice> Parse(std::string_view names);
};

/// Appends the results of a row of `batch`, which `chain` made, as one JSON object without a line
/// break. Scores that the batch does not carry, or not in full precision, are taken again from the
/// text. `explain` adds the words that weigh most.
void AppendResultJson(const AnalysisChain& chain, const AnalysisBatch& batch, std::size_t row,
                      const ResultChoice& choice, bool explain, AnalysisChain::Scratch& scratch,
                      std::string& out);

/// Appends `[{"name":"sports","score":0.93}]`.
void AppendTopicsJson(const std::vector<std::string>& names, std::span<const TopicScore> topics,
                      std::string& out);

}  // namespace hb
