#include "record/avro_post.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "record/avro_wire.h"
#include "record/identity.h"

namespace hb {

namespace {

using avro::AppendRecord;
using avro::Cursor;
using avro::PutStrings;

constexpr std::int32_t kLastKind = static_cast<std::int32_t>(PostKind::kQuote);

std::int32_t ClassicSeconds(EventTime time) {
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(
      seconds, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
}

std::string_view FirstTask(const PostBatch& posts, std::size_t row) {
  if (row >= posts.tasks.size() || posts.tasks[row].empty()) return {};
  return posts.tasks[row][0];
}

template <typename Sink>
void PutTasks(Sink& sink, const PostBatch& posts, std::size_t row) {
  if (row < posts.tasks.size()) {
    PutStrings(sink, posts.tasks[row]);
  } else {
    sink.Long(0);  // not matched yet
  }
}

/// 0 where the reader finds the same key from the id: most records save nine bytes.
std::int64_t StoredKey(const PostBatch& posts, std::size_t row) {
  const PostKey key = posts.key[row];
  const std::string_view id = posts.id[row];
  if (!id.empty() && key == KeyOf(id)) return 0;
  return static_cast<std::int64_t>(ToInt(key));
}

// The order is that of schemas/tweet.avsc, and must stay.
template <typename Sink>
void PutPost(Sink& sink, const PostBatch& posts, std::size_t row, std::int64_t stored_key) {
  sink.Long(ToMillis(posts.time[row]));
  sink.String(posts.content[row]);
  sink.String(FirstTask(posts, row));
  PutTasks(sink, posts, row);
  sink.Long(row < posts.rules_version.size() ? posts.rules_version[row] : 0);
  sink.String(posts.source[row]);
  sink.String(posts.id[row]);
  sink.String(posts.lang[row]);
  sink.String(posts.author[row]);
  sink.String(posts.country[row]);
  sink.Int(static_cast<std::int32_t>(posts.kind[row]));
  sink.String(posts.conversation[row]);
  PutStrings(sink, posts.urls[row]);
  PutStrings(sink, posts.hashtags[row]);
  sink.String(posts.handle[row]);
  sink.String(posts.chain[row]);
  sink.String(posts.reply_to[row]);
  sink.String(posts.repost_of[row]);
  sink.Int(posts.flags[row]);
  sink.Long(posts.followers[row]);
  sink.Long(stored_key);
}

/// What of a post has no place in PostView while it is read.
struct ReadPost {
  PostView view;
  std::uint32_t rules_version = 0;
};

// Lists are pushed to `out` as they come: they become the row's when it is appended, and go when
// the batch is truncated after a fault.
ReadPost TakePost(Cursor& cursor, PostBatch& out) {
  ReadPost post;
  PostView& view = post.view;
  view.time = FromMillis(cursor.Long());
  view.content = cursor.String();
  const std::string_view task = cursor.String();
  bool any_task = false;
  cursor.Blocks([&] {
    out.tasks.Push(cursor.String());
    any_task = true;
  });
  if (!any_task && !task.empty()) out.tasks.Push(task);
  post.rules_version =
      static_cast<std::uint32_t>(cursor.LongIn(0, std::numeric_limits<std::uint32_t>::max()));
  view.source = cursor.String();
  view.id = cursor.String();
  view.lang = cursor.String();
  view.author = cursor.String();
  view.country = cursor.String();
  view.kind = static_cast<PostKind>(cursor.LongIn(0, kLastKind));
  view.conversation = cursor.String();
  cursor.Blocks([&] { out.urls.Push(cursor.String()); });
  cursor.Blocks([&] { out.hashtags.Push(cursor.String()); });
  view.handle = cursor.String();
  view.chain = cursor.String();
  view.reply_to = cursor.String();
  view.repost_of = cursor.String();
  view.flags =
      static_cast<std::uint16_t>(cursor.LongIn(0, std::numeric_limits<std::uint16_t>::max()));
  view.followers = cursor.Long();
  const std::int64_t key = cursor.Long();
  view.key =
      key == 0 && !view.id.empty() ? KeyOf(view.id) : PostKey{static_cast<std::uint64_t>(key)};
  return post;
}

/// Rows that were not matched yet get an empty list, so that the new row's list is its own.
void PadTasks(PostBatch& out) {
  while (out.tasks.size() < out.size()) out.tasks.EndRow();
  out.rules_version.resize(out.size());
}

void AppendPost(const ReadPost& post, PostBatch& out) {
  out.Append(post.view);
  out.tasks.EndRow();
  out.rules_version.push_back(post.rules_version);
}

template <typename Value>
Value At(const std::vector<Value>& column, std::size_t row) {
  return row < column.size() ? column[row] : Value{};
}

// Lists that were found in a text are as valid as it is; a repaired text has them repaired as well.
template <typename Sink>
void PutFound(Sink& sink, const ListColumn& column, std::size_t row) {
  if (row < column.size()) {
    const ListColumn::List list = column[row];
    if (!list.empty()) {
      sink.Long(static_cast<std::int64_t>(list.size()));
      for (const std::string_view value : list) sink.CheckedString(value);
    }
  }
  sink.Long(0);
}

template <typename Sink>
void PutFound(Sink& sink, const StringColumn& column, std::size_t row) {
  sink.CheckedString(row < column.size() ? column[row] : std::string_view{});
}

void TakeFound(Cursor& cursor, ListColumn& column) {
  cursor.Blocks([&] { column.Push(cursor.String()); });
}

template <typename Sink>
void PutNames(Sink& sink, const AnalysisBatch& analysis, std::size_t row) {
  if (row < analysis.names.size() && !analysis.names[row].empty()) {
    const ListColumn::List names = analysis.names[row];
    const NameSpan* span = analysis.name_spans.data() + analysis.names.ValuesBefore(row);
    sink.Long(static_cast<std::int64_t>(names.size()));
    for (const std::string_view key : names) {
      const NameKey name = NameKey::Of(key);
      sink.CheckedString(name.type);
      sink.CheckedString(name.text);
      sink.Int(static_cast<std::int32_t>(span->begin));
      sink.Int(static_cast<std::int32_t>(span->end));
      ++span;
    }
  }
  sink.Long(0);
}

void TakeNames(Cursor& cursor, AnalysisBatch& out) {
  constexpr std::int64_t kLast = std::numeric_limits<std::int32_t>::max();
  std::string key;
  cursor.Blocks([&] {
    key.assign(cursor.String()).append(":").append(cursor.String());
    const auto begin = static_cast<std::uint32_t>(cursor.LongIn(0, kLast));
    const auto end = static_cast<std::uint32_t>(cursor.LongIn(begin, kLast));
    out.names.Push(key);
    out.name_spans.push_back({begin, end});
  });
}

Label TakeLabel(Cursor& cursor, Label last) {
  return static_cast<Label>(cursor.LongIn(0, static_cast<std::int64_t>(last)));
}

Micro TakeMicro(Cursor& cursor, Micro low) {
  return static_cast<Micro>(cursor.LongIn(low, kMicro));
}

}  // namespace

void EncodeTweet(const PostBatch& posts, std::size_t row, std::string& out) {
  const std::int64_t key = StoredKey(posts, row);
  AppendRecord(out, [&](auto& sink) { PutPost(sink, posts, row, key); });
}

Status PeekPost(std::string_view bytes, PostView& out) {
  Cursor cursor(bytes);
  const auto skip_list = [&] { cursor.Blocks([&] { cursor.Bytes(); }); };
  PostView view;
  view.time = FromMillis(cursor.Long());
  cursor.Bytes();  // content
  cursor.Bytes();  // task
  skip_list();     // tasks
  cursor.Long();   // rules_version
  view.source = cursor.Bytes();
  view.id = cursor.Bytes();
  cursor.Bytes();  // lang
  view.author = cursor.Bytes();
  cursor.Bytes();  // country
  view.kind = static_cast<PostKind>(cursor.LongIn(0, kLastKind));
  cursor.Bytes();  // conversation
  skip_list();     // urls
  skip_list();     // hashtags
  cursor.Bytes();  // handle
  view.chain = cursor.Bytes();
  cursor.Bytes();  // reply_to
  view.repost_of = cursor.Bytes();
  cursor.Long();  // flags
  cursor.Long();  // followers
  const std::int64_t key = cursor.Long();
  view.key =
      key == 0 && !view.id.empty() ? KeyOf(view.id) : PostKey{static_cast<std::uint64_t>(key)};
  if (cursor.failed()) return cursor.Finish("post");
  out = view;
  return Ok();
}

Status DecodeTweet(std::string_view bytes, PostBatch& out) {
  const std::size_t rows = out.size();
  PadTasks(out);
  Cursor cursor(bytes);
  const ReadPost post = TakePost(cursor, out);
  auto status = cursor.Finish("tweet");
  if (status.ok()) {
    AppendPost(post, out);
  } else {
    out.Truncate(rows);
    out.tasks.Truncate(rows);
  }
  return status;
}

void EncodeClassicTweet(const PostBatch& posts, std::size_t row, std::string& out) {
  AppendRecord(out, [&](auto& sink) {
    sink.Int(ClassicSeconds(posts.time[row]));
    sink.String(posts.content[row]);
    sink.String(FirstTask(posts, row));
  });
}

Status DecodeClassicTweet(std::string_view bytes, PostBatch& out) {
  Cursor cursor(bytes);
  PostView view;
  view.time = FromMillis(std::int64_t{cursor.Int()} * 1000);
  view.content = cursor.String();
  const std::string_view task = cursor.String();
  HB_TRY(cursor.Finish("classic tweet"));
  PadTasks(out);
  if (!task.empty()) out.tasks.Push(task);
  AppendPost({view, 0}, out);
  return Ok();
}

namespace {

template <typename Sink>
void PutShares(Sink& sink, const AnalysisBatch& analysis, std::size_t row) {
  sink.Float(static_cast<float>(FromMicro(analysis.pos(row))));
  sink.Float(static_cast<float>(FromMicro(analysis.neu[row])));
  sink.Float(static_cast<float>(FromMicro(analysis.neg[row])));
}

}  // namespace

void EncodeSentiment(const AnalysisBatch& analysis, std::size_t row, std::string& out) {
  const PostBatch& posts = *analysis.posts;
  AppendRecord(out, [&](auto& sink) {
    sink.Long(ToMillis(posts.time[row]));
    sink.String(FirstTask(posts, row));
    PutShares(sink, analysis, row);
    PutTasks(sink, posts, row);
    sink.CheckedString(LabelName(analysis.label[row]));
    sink.String(analysis.models[row].sentiment);
  });
}

void EncodeClassicSentiment(const AnalysisBatch& analysis, std::size_t row, std::string& out) {
  const PostBatch& posts = *analysis.posts;
  AppendRecord(out, [&](auto& sink) {
    sink.Int(ClassicSeconds(posts.time[row]));
    sink.String(FirstTask(posts, row));
    PutShares(sink, analysis, row);
  });
}

Status DecodeSentiment(std::string_view bytes, SentimentRecord& out) {
  Cursor cursor(bytes);
  SentimentRecord record;
  record.time = FromMillis(cursor.Long());
  record.task = cursor.String();
  record.pos = cursor.Float();
  record.neu = cursor.Float();
  record.neg = cursor.Float();
  cursor.Blocks([&] { record.tasks.emplace_back(cursor.String()); });
  record.label = cursor.String();
  record.model = cursor.String();
  HB_TRY(cursor.Finish("sentiment"));
  out = std::move(record);
  return Ok();
}

void EncodeAnalysis(const AnalysisBatch& analysis, std::size_t row, std::string& out) {
  const PostBatch& posts = *analysis.posts;
  const std::int64_t key = StoredKey(posts, row);
  const ModelNames models = analysis.models[row];
  const bool has_shares = row < analysis.neg.size() && row < analysis.neu.size();
  AppendRecord(out, [&](auto& sink) {
    PutPost(sink, posts, row, key);
    // From here on the order is that of schemas/analysis.avsc, and must stay.
    sink.Int(has_shares ? analysis.neg[row] : 0);
    sink.Int(has_shares ? analysis.neu[row] : 0);
    sink.Int(has_shares ? analysis.pos(row) : 0);
    sink.Int(At(analysis.mixed, row));
    sink.Int(static_cast<std::int32_t>(row < analysis.label.size() ? analysis.label[row]
                                                                   : Label::kNeutral));
    sink.Int(static_cast<std::int32_t>(row < analysis.label4.size() ? analysis.label4[row]
                                                                    : Label::kNeutral));
    sink.Int(At(analysis.polarity, row));
    sink.Int(At(analysis.subjectivity, row));
    PutFound(sink, analysis.lang, row);
    PutFound(sink, analysis.hashtags, row);
    PutFound(sink, analysis.mentions, row);
    PutFound(sink, analysis.cashtags, row);
    PutFound(sink, analysis.links, row);
    PutFound(sink, analysis.emoji, row);
    PutFound(sink, analysis.words, row);
    PutFound(sink, analysis.clean, row);
    sink.CheckedString(models.sentiment);
    sink.CheckedString(models.polarity);
    sink.CheckedString(models.language);
    for (const auto& share : analysis.emotions) sink.Int(At(share, row));
    sink.Int(static_cast<std::int32_t>(row < analysis.emotion.size() ? analysis.emotion[row]
                                                                     : Emotion::kNone));
    PutNames(sink, analysis, row);
    sink.CheckedString(models.emotion);
    sink.CheckedString(models.entities);
    PutFound(sink, analysis.topics, row);
    sink.CheckedString(models.topics);
    sink.Long(static_cast<std::int64_t>(At(analysis.fingerprint, row)));
  });
}

namespace {

/// Fields that came after the first version.
struct NewerFields {
  std::array<Micro, kFeltEmotions> emotions{};
  Emotion emotion = Emotion::kNone;
  std::uint64_t fingerprint = 0;
};

/// Names and topics are pushed to `out` as they come. The embedded log keeps records as they were
/// written: one that ends before a group of fields is of the version before it, and has the
/// defaults.
NewerFields TakeNewerFields(Cursor& cursor, AnalysisBatch& out, ModelNames& models) {
  NewerFields fields;
  if (cursor.at_end()) return fields;
  Micro sum = 0;
  for (Micro& share : fields.emotions) {
    share = TakeMicro(cursor, 0);
    sum += share;
  }
  if (sum > kMicro) cursor.Fail("the emotions' shares pass one");
  fields.emotion =
      static_cast<Emotion>(cursor.LongIn(0, static_cast<std::int64_t>(Emotion::kNone)));
  TakeNames(cursor, out);
  models.emotion = cursor.String();
  models.entities = cursor.String();
  if (cursor.at_end()) return fields;
  TakeFound(cursor, out.topics);
  models.topics = cursor.String();
  fields.fingerprint = static_cast<std::uint64_t>(cursor.Long());
  return fields;
}

}  // namespace

Status DecodeAnalysis(std::string_view bytes, PostBatch& posts, AnalysisBatch& out) {
  const std::size_t rows = posts.size();
  PadTasks(posts);
  Cursor cursor(bytes);
  const ReadPost post = TakePost(cursor, posts);
  const Micro neg = TakeMicro(cursor, 0);
  const Micro neu = TakeMicro(cursor, 0);
  if (neg + neu > kMicro) cursor.Fail("neg and neu pass one");
  cursor.Int();  // pos: follows from the other two
  const Micro mixed = TakeMicro(cursor, 0);
  const Label label = TakeLabel(cursor, Label::kPositive);
  const Label label4 = TakeLabel(cursor, Label::kMixed);
  const Micro polarity = TakeMicro(cursor, -kMicro);
  const Micro subjectivity = TakeMicro(cursor, 0);
  const std::string_view lang = cursor.String();
  TakeFound(cursor, out.hashtags);
  TakeFound(cursor, out.mentions);
  TakeFound(cursor, out.cashtags);
  TakeFound(cursor, out.links);
  TakeFound(cursor, out.emoji);
  TakeFound(cursor, out.words);
  const std::string_view clean = cursor.String();
  ModelNames models;
  models.sentiment = cursor.String();
  models.polarity = cursor.String();
  models.language = cursor.String();
  const NewerFields newer = TakeNewerFields(cursor, out, models);

  auto status = cursor.Finish("analysis");
  if (status.ok() && !out.models.Append(models))
    status = Error{Code::kCorrupt, "analysis: its batch was made by too many sets of models"};
  if (!status.ok()) {
    posts.Truncate(rows);
    posts.tasks.Truncate(rows);
    out.Truncate(rows);
    return status;
  }
  AppendPost(post, posts);
  out.neg.push_back(neg);
  out.neu.push_back(neu);
  out.mixed.push_back(mixed);
  out.label.push_back(label);
  out.label4.push_back(label4);
  out.polarity.push_back(polarity);
  out.subjectivity.push_back(subjectivity);
  out.lang.Append(lang);
  for (ListColumn* column :
       {&out.hashtags, &out.mentions, &out.cashtags, &out.links, &out.emoji, &out.words}) {
    column->EndRow();
  }
  out.clean.Append(clean);
  for (std::size_t i = 0; i < kFeltEmotions; ++i) out.emotions[i].push_back(newer.emotions[i]);
  out.emotion.push_back(newer.emotion);
  out.names.EndRow();
  out.topics.EndRow();
  out.fingerprint.push_back(newer.fingerprint);
  return Ok();
}

void DecodeTweets(const StringColumn& values, std::size_t first_row, PostBatch& out,
                  std::vector<std::size_t>& rows, std::vector<BadValue>& bad) {
  for (std::size_t row = first_row; row < values.size(); ++row) {
    if (values[row].empty()) continue;
    auto status = DecodeTweet(values[row], out);
    if (status.ok()) {
      rows.push_back(row);
    } else {
      bad.push_back({row, std::move(status).error()});
    }
  }
}

}  // namespace hb
