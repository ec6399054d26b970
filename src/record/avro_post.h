// record/avro_post.h - posts and what was found in them, to and from Avro (schemas/tweet.avsc,
// sentiment.avsc, analysis.avsc; docs/formats/records.md).
//
// Encoders append one record to `out` and cannot fail: text that is not UTF-8 is repaired with
// U+FFFD. Decoders take exactly one record written with the schema of this version, append one row,
// and append nothing if they fail. For other schemas see record/avro_schema.h.
//
// Threads  Pure functions.
// Errors   kCorrupt: the bytes are not such a record; the message names the byte.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/analysis_batch.h"
#include "record/columns.h"
#include "record/post_batch.h"

namespace hb {

void EncodeTweet(const PostBatch& posts, std::size_t row, std::string& out);
/// A post without `tasks` but with a `task` gets that one. Without a key it gets KeyOf(id); without
/// an id as well, its key is 0 and the caller, who knows where it came from, must name it.
Status DecodeTweet(std::string_view bytes, PostBatch& out);

/// Reads what tells whose a `tweet` or `analysis` is and what it follows: time, key, id, source,
/// author, kind, chain and repost_of. The views borrow from `bytes`; the rest is passed over
/// unread.
Status PeekPost(std::string_view bytes, PostView& out);

/// {time: int of seconds, content, task}, as older readers expect it. A time outside 1901 to 2038
/// is moved to the nearest that fits.
void EncodeClassicTweet(const PostBatch& posts, std::size_t row, std::string& out);
Status DecodeClassicTweet(std::string_view bytes, PostBatch& out);

/// Requires: analysis.posts is set and has the row.
void EncodeSentiment(const AnalysisBatch& analysis, std::size_t row, std::string& out);
/// {time: int of seconds, task, pos, neu, neg}; time as in EncodeClassicTweet.
void EncodeClassicSentiment(const AnalysisBatch& analysis, std::size_t row, std::string& out);

/// A `sentiment` record by itself, for readers of that topic.
struct SentimentRecord {
  EventTime time{};
  std::string task;
  float pos = 0, neu = 0, neg = 0;
  std::vector<std::string> tasks;
  std::string label, model;
};
Status DecodeSentiment(std::string_view bytes, SentimentRecord& out);

/// Requires: analysis.posts is set and has the row. Columns that were not computed may be shorter.
void EncodeAnalysis(const AnalysisBatch& analysis, std::size_t row, std::string& out);
/// Appends the post to `posts` and its results to `out`; out.posts is the caller's to set.
/// Requires: posts and `out` have the same number of rows in every column.
Status DecodeAnalysis(std::string_view bytes, PostBatch& posts, AnalysisBatch& out);

/// A value that could not be decoded, by its row in the column it came from.
struct BadValue {
  std::size_t row;
  Error error;
};

/// Decodes values [first_row, size) of `values` in order, skipping empty ones (tombstones). `rows`
/// gets the row of `values` for each post that was appended to `out`.
void DecodeTweets(const StringColumn& values, std::size_t first_row, PostBatch& out,
                  std::vector<std::size_t>& rows, std::vector<BadValue>& bad);

}  // namespace hb
