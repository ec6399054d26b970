#include "store/duckdb/post_rows.h"

#include <algorithm>

#include "store/duckdb/schema.h"

namespace hb::duck {

namespace {

std::string_view TextAt(const StringColumn& column, std::uint32_t row) {
  return row < column.size() ? column[row] : std::string_view();
}

/// One slice of rows that fits into the chunk; `at` is the chunk's row of the first.
struct Slice {
  const AnalysisBatch& batch;
  std::span<const std::uint32_t> rows;
  idx_t at;
  TableWriter& writer;

  void Text(PostColumn column, const StringColumn& from) const {
    for (std::size_t i = 0; i < rows.size(); ++i) writer.Put(column, at + i, TextAt(from, rows[i]));
  }
  void TextOrNull(PostColumn column, const StringColumn& from) const {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      writer.PutOrNull(column, at + i, TextAt(from, rows[i]));
    }
  }
  void Lists(PostColumn column, const ListColumn& from) const {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] < from.size()) {
        for (const std::string_view value : from[rows[i]]) writer.PushText(column, value);
      }
      writer.EndList(column, at + i);
    }
  }
  template <typename T, typename F>
  void Values(PostColumn column, F value) const {
    T* data = writer.Data<T>(column) + at;
    for (std::size_t i = 0; i < rows.size(); ++i) data[i] = static_cast<T>(value(rows[i]));
  }
  void Scores(PostColumn column, const std::vector<Micro>& from) const {
    Values<std::int32_t>(column,
                         [&](std::uint32_t row) { return row < from.size() ? from[row] : 0; });
  }
};

/// Sentiment first; "-" keeps the places when one was not computed.
std::string ModelsText(const ModelNames& names) {
  std::string out;
  for (const std::string_view model : names.All()) {
    if (!out.empty()) out += ' ';
    out += model.empty() ? "-" : model;
  }
  return out;
}

/// `models`: the text of each set of the batch, and behind them that of a row without one.
void FillText(const Slice& slice, const std::vector<std::string_view>& models) {
  const AnalysisBatch& batch = slice.batch;
  const PostBatch& posts = *batch.posts;
  slice.Text(kId, posts.id);
  slice.Text(kSource, posts.source);
  slice.Text(kLang, batch.lang);
  slice.Text(kContent, posts.content);
  slice.Text(kWord, batch.clean);
  slice.TextOrNull(kAuthor, posts.author);
  slice.TextOrNull(kHandle, posts.handle);
  slice.TextOrNull(kCountry, posts.country);
  slice.TextOrNull(kConversation, posts.conversation);
  slice.TextOrNull(kReplyTo, posts.reply_to);
  slice.TextOrNull(kRepostOf, posts.repost_of);
  slice.TextOrNull(kPlatformLang, posts.lang);
  slice.TextOrNull(kChain, posts.chain);
  for (std::size_t i = 0; i < slice.rows.size(); ++i) {
    const std::uint32_t row = slice.rows[i];
    const bool tagged = row < posts.tasks.size() && !posts.tasks[row].empty();
    slice.writer.Put(
        kModels, slice.at + i,
        models[row < batch.models.size() ? batch.models.SetOf(row) : batch.models.sets()]);
    slice.writer.Put(kTask, slice.at + i, tagged ? posts.tasks[row][0] : std::string_view());
  }
}

void FillLists(const Slice& slice) {
  const AnalysisBatch& batch = slice.batch;
  const PostBatch& posts = *batch.posts;
  slice.Lists(kTasks, posts.tasks);
  slice.Lists(kHashtags, batch.hashtags);
  slice.Lists(kMentions, batch.mentions);
  slice.Lists(kCashtags, batch.cashtags);
  slice.Lists(kEmoji, batch.emoji);
  slice.Lists(kEntities, batch.names);
  slice.Lists(kTopics, batch.topics);
  for (std::size_t i = 0; i < slice.rows.size(); ++i) {
    if (batch.models[slice.rows[i]].topics.empty()) slice.writer.PutNull(kTopics, slice.at + i);
  }
  // The source's addresses are expanded; those found in the text may be shortened.
  for (std::size_t i = 0; i < slice.rows.size(); ++i) {
    const std::uint32_t row = slice.rows[i];
    const bool expanded = row < posts.urls.size() && !posts.urls[row].empty();
    const ListColumn& from = expanded ? posts.urls : batch.links;
    if (row < from.size()) {
      for (const std::string_view url : from[row]) slice.writer.PushText(kUrls, url);
    }
    slice.writer.EndList(kUrls, slice.at + i);
  }
}

void FillNumbers(const Slice& slice, EventTime arrival) {
  const AnalysisBatch& batch = slice.batch;
  const PostBatch& posts = *batch.posts;
  const auto micros = [](EventTime time) { return ToMillis(time) * 1000; };
  slice.Values<std::int64_t>(kKey, [&](std::uint32_t row) { return ToInt(posts.key[row]); });
  slice.Values<std::int64_t>(kTime, [&](std::uint32_t row) { return micros(posts.time[row]); });
  slice.Values<std::int64_t>(kArrival, [&](std::uint32_t) { return micros(arrival); });
  slice.Scores(kNeg, batch.neg);
  slice.Scores(kNeu, batch.neu);
  slice.Values<std::int32_t>(kPos, [&](std::uint32_t row) {
    return row < batch.neg.size() && row < batch.neu.size() ? batch.pos(row) : 0;
  });
  slice.Scores(kMixed, batch.mixed);
  slice.Scores(kPolarity, batch.polarity);
  slice.Scores(kSubjectivity, batch.subjectivity);
  slice.Values<std::int64_t>(kFollowers, [&](std::uint32_t row) { return posts.followers[row]; });
  for (std::size_t i = 0; i < slice.rows.size(); ++i) {
    if (posts.followers[slice.rows[i]] < 0) slice.writer.PutNull(kFollowers, slice.at + i);
  }
  slice.Values<std::int64_t>(kFingerprint, [&](std::uint32_t row) {
    return row < batch.fingerprint.size() ? batch.fingerprint[row] : 0u;
  });
  for (std::size_t i = 0; i < slice.rows.size(); ++i) {
    const std::uint32_t row = slice.rows[i];
    if (row >= batch.fingerprint.size() || batch.fingerprint[row] == 0)
      slice.writer.PutNull(kFingerprint, slice.at + i);
  }
  slice.Values<std::uint16_t>(kFlags, [&](std::uint32_t row) { return posts.flags[row]; });
  slice.Values<std::uint32_t>(kRulesVersion, [&](std::uint32_t row) {
    return row < posts.rules_version.size() ? posts.rules_version[row] : 0u;
  });
  slice.Values<std::uint8_t>(kKind, [&](std::uint32_t row) { return posts.kind[row]; });
  slice.Values<std::uint8_t>(kLabel, [&](std::uint32_t row) { return batch.label[row]; });
  slice.Values<std::uint8_t>(kLabel4, [&](std::uint32_t row) {
    return row < batch.label4.size() ? batch.label4[row] : batch.label[row];
  });
}

void FillEmotions(const Slice& slice) {
  const AnalysisBatch& batch = slice.batch;
  for (unsigned i = 0; i < kFeltEmotions; ++i) {
    slice.Scores(static_cast<PostColumn>(kAnger + i), batch.emotions[i]);
  }
  slice.Values<std::uint8_t>(kEmotion, [&](std::uint32_t row) {
    return row < batch.emotion.size() ? batch.emotion[row] : Emotion::kNone;
  });
  for (std::size_t i = 0; i < slice.rows.size(); ++i) {
    if (!batch.models[slice.rows[i]].emotion.empty()) continue;
    for (unsigned column = kAnger; column <= kEmotion; ++column)
      slice.writer.PutNull(column, slice.at + i);
  }
}

}  // namespace

Status AppendPosts(const AnalysisBatch& batch, std::span<const std::uint32_t> rows,
                   EventTime arrival, TableWriter& writer) {
  std::vector<std::string_view> models;
  for (std::size_t set = 0; set < batch.models.sets(); ++set)
    models.push_back(writer.Keep(ModelsText(batch.models.Names(set))));
  models.push_back(writer.Keep(ModelsText({})));
  while (!rows.empty()) {
    const std::size_t take = std::min<std::size_t>(rows.size(), writer.room());
    const Slice slice{
        .batch = batch, .rows = rows.first(take), .at = writer.at(), .writer = writer};
    FillText(slice, models);
    FillLists(slice);
    FillNumbers(slice, arrival);
    FillEmotions(slice);
    HB_TRY(writer.Advance(take));
    rows = rows.subspan(take);
  }
  return Ok();
}

}  // namespace hb::duck
