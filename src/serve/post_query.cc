#include "serve/post_query.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "analysis/chain.h"
#include "serve/post_json.h"

namespace hb {

namespace {

constexpr std::size_t kMaxTerms = 16, kMaxFilterBytes = 512;
constexpr std::array<std::string_view, 4> kLabels = {"negative", "neutral", "positive", "mixed"};
constexpr std::array<std::string_view, 5> kEmotionNames = {"none", "anger", "joy", "optimism",
                                                           "sadness"};
constexpr std::array<std::string_view, 4> kKinds = {"post", "repost", "reply", "quote"};

void AddTerms(const std::vector<SearchTerm>& terms, Statement& out) {
  for (const SearchTerm& term : terms) {
    out.Add(term.without ? " AND NOT contains(lower(content), lower("
                         : " AND contains(lower(content), lower(");
    out.BindText(term.text).Add("))");
  }
}

/// How much time of posts one question of a search goes over: so much that it takes about
/// kTakes, however dense they are.
class SliceWidth {
 public:
  /// Begins with what is quick even when posts are dense.
  explicit SliceWidth(std::chrono::milliseconds range) : width_(std::max(range / 256, kLeast)) {}
  [[nodiscard]] std::chrono::milliseconds value() const { return width_; }
  void Learn(std::chrono::milliseconds took) {
    const std::int64_t ratio = 8 * kTakes.count() / std::max<std::int64_t>(took.count(), 1);
    width_ = std::max(width_ * std::clamp<std::int64_t>(ratio, 2, 64) / 8, kLeast);
  }

 private:
  static constexpr std::chrono::milliseconds kTakes{150}, kLeast{1000};
  std::chrono::milliseconds width_;
};

/// Asks for the newest `wanted` posts in [from, to), behind the cursor.
Statement AskSlice(const Statement& conditions, EventTime from, EventTime to,
                   const std::optional<PostCursor>& cursor, std::size_t wanted) {
  Statement ask("SELECT ");
  ask.Add(kPostColumns).Add(" FROM posts WHERE time >= ").BindTime(from);
  ask.Add(" AND time < ").BindTime(to);
  if (cursor && to > FromMillis(cursor->time_ms)) {
    ask.Add(" AND (time < ").BindTime(FromMillis(cursor->time_ms)).Add(" OR key < ");
    ask.Bind(cursor->key).Add("::BIGINT)");
  }
  ask.Append(conditions).Add(" ORDER BY time DESC, key DESC LIMIT ");
  ask.Bind(static_cast<std::int64_t>(wanted)).Add("::BIGINT");
  return ask;
}

/// "there are a, b and 3 more; ", "" if there are none.
std::string TaskNames(const ApiContext& context) {
  constexpr std::size_t kNamed = 20;
  const std::vector<Task> tasks = context.backend.Tasks();
  std::string out;
  for (std::size_t i = 0; i < std::min(tasks.size(), kNamed); ++i)
    out += (i == 0 ? "there are " : ", ") + tasks[i].tag;
  if (tasks.size() > kNamed) out += " and " + std::to_string(tasks.size() - kNamed) + " more";
  return out.empty() ? out : out + "; ";
}

/// Whether the same question may be answered in a moment, or in smaller parts.
bool IsPassing(Code code) {
  return code == Code::kTimedOut || code == Code::kExhausted || code == Code::kUnavailable;
}

}  // namespace

Result<std::vector<SearchTerm>> ParseSearch(std::string_view text) {
  std::vector<SearchTerm> terms;
  std::size_t at = 0;
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (true) {
    while (at < text.size() && blank(text[at])) ++at;
    if (at == text.size()) break;
    SearchTerm term;
    if (text[at] == '-' && at + 1 < text.size() && !blank(text[at + 1])) {
      term.without = true;
      ++at;
    }
    if (text[at] == '"') {
      const std::size_t end = text.find('"', at + 1);
      if (end == std::string_view::npos) {
        return Error{Code::kInvalidArgument,
                     "parameter q: the quote is never closed; add \" at the end"};
      }
      term.text = text.substr(at + 1, end - at - 1);
      at = end + 1;
    } else {
      std::size_t end = at;
      while (end < text.size() && !blank(text[end])) ++end;
      term.text = text.substr(at, end - at);
      at = end;
    }
    if (term.text.empty()) continue;
    terms.push_back(std::move(term));
    if (terms.size() > kMaxTerms) {
      return Error{Code::kInvalidArgument, "parameter q: at most " + std::to_string(kMaxTerms) +
                                               " words are looked for; use fewer, or a \"phrase\""};
    }
  }
  return terms;
}

std::string PostCursor::Text() const { return std::to_string(time_ms) + "." + std::to_string(key); }

Result<PostCursor> PostCursor::Parse(std::string_view text) {
  PostCursor cursor;
  const char* const end = text.data() + text.size();
  const auto time = std::from_chars(text.data(), end, cursor.time_ms);
  if (time.ec == std::errc() && time.ptr != end && *time.ptr == '.') {
    const auto key = std::from_chars(time.ptr + 1, end, cursor.key);
    // Beyond these bounds a time has no four-digit year.
    const bool in_range =
        cursor.time_ms >= -62'135'596'800'000 && cursor.time_ms <= 253'402'300'799'999;
    if (key.ec == std::errc() && key.ptr == end && in_range) return cursor;
  }
  return Error{
      Code::kInvalidArgument,
      "parameter cursor is not one that was given here; take it unchanged from `next` of the page before"};
}

std::string FoldHashtag(std::string_view tag, const ApiContext& context) {
  if (!tag.empty() && tag.front() == '#') tag.remove_prefix(1);
  // The chain itself folds it, so that the two can never differ.
  auto posts = std::make_shared<PostBatch>();
  const std::string text = "#" + std::string(tag);
  posts->Append({.id = "1", .content = text});
  AnalysisBatch batch;
  const auto scratch = context.backend.chain().MakeScratch();
  context.backend.chain().Analyze(std::move(posts), *scratch, batch);
  if (batch.size() == 1 && batch.hashtags[0].size() == 1) return std::string(batch.hashtags[0][0]);
  std::string folded(tag);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

Status CheckTask(std::string_view tag, const ApiContext& context) {
  if (tag.empty() || tag == kAllTasks) return Ok();
  for (const Task& task : context.backend.Tasks()) {
    if (task.tag == tag) return Ok();
  }
  // What was removed, or came with the data of before. Posts are asked last: that reads them all.
  Statement ask("SELECT CASE WHEN EXISTS (FROM tasks WHERE tag = ");
  ask.BindText(tag).Add(") THEN true WHEN EXISTS (FROM windows WHERE task = ").BindText(tag);
  ask.Add(") OR EXISTS (FROM trends WHERE scope = ").BindText("task:" + std::string(tag));
  ask.Add(") THEN true ELSE EXISTS (FROM posts WHERE list_contains(tasks, ");
  ask.BindText(tag).Add(")) END");
  HB_ASSIGN(const SqlResult known, ask.Ask(context.backend.store(), 1));
  if (known.rows.empty() || IntAt(known.rows[0], 0) != 0) return Ok();
  return Error{Code::kNotFound, "there never was a task '" + std::string(tag.substr(0, 64)) +
                                    "'; " + TaskNames(context) +
                                    "GET /api/v1/tasks lists those there are"};
}

Result<Statement> PostConditions(const HttpRequest& request, const ApiContext& context) {
  for (const auto& [name, value] : request.query) {
    if (value.size() > kMaxFilterBytes) {
      return Error{Code::kInvalidArgument, "parameter " + name.substr(0, 60) + " has " +
                                               std::to_string(value.size()) + " bytes; at most " +
                                               std::to_string(kMaxFilterBytes) + " are read"};
    }
  }
  HB_TRY(CheckOneOf("label", Param(request, "label"), std::span(kLabels).first(3)));
  HB_TRY(CheckOneOf("label4", Param(request, "label4"), kLabels));
  HB_TRY(CheckOneOf("kind", Param(request, "kind"), kKinds));
  HB_TRY(CheckOneOf("emotion", Param(request, "emotion"), kEmotionNames));
  Statement out;
  for (const std::string_view column :
       {"label", "label4", "kind", "emotion", "lang", "source", "country"}) {
    const std::string_view value = Param(request, column);
    if (value.empty()) continue;
    out.Add(" AND ").Add(column).Add(" = ").Bind(std::string(value));
  }
  const std::string_view task = Param(request, "task");
  HB_TRY(CheckTask(task, context));
  if (!task.empty() && task != kAllTasks)
    out.Add(" AND list_contains(tasks, ").BindText(task).Add(")");
  std::string_view author = Param(request, "author");
  if (!author.empty()) {
    if (author.front() == '@') author.remove_prefix(1);
    out.Add(" AND (author = ")
        .BindText(context.backend.StoredAuthor(author))
        .Add(" OR handle = ")
        .BindText(author)
        .Add(")");
  }
  const std::string_view hashtag = Param(request, "hashtag");
  if (!hashtag.empty()) {
    out.Add(" AND list_contains(hashtags, ").BindText(FoldHashtag(hashtag, context)).Add(")");
  }
  std::string_view topics = Param(request, "topic");
  while (!topics.empty()) {
    const std::size_t bar = std::min(topics.find('|'), topics.size());
    out.Add(" AND list_contains(topics, ").BindText(topics.substr(0, bar)).Add(")");
    topics.remove_prefix(std::min(bar + 1, topics.size()));
  }
  const std::string_view entity = Param(request, "entity");
  if (!entity.empty()) {
    // In any case, as names are counted (WriteEntities).
    const bool typed = entity.find(':') != std::string_view::npos;
    out.Add(typed ? " AND list_contains(list_transform(entities, lambda name: lower(name)), lower("
                  : " AND list_contains(list_transform(entities, lambda name: "
                    "lower(substr(name, instr(name, ':') + 1))), lower(");
    out.BindText(entity).Add("))");
  }
  HB_ASSIGN(const auto terms, ParseSearch(Param(request, "q")));
  AddTerms(terms, out);
  return out;
}

Result<std::optional<TimeRange>> PostSpan(SqlStore& store) {
  HB_ASSIGN(const SqlResult bounds,
            Statement("SELECT epoch_ms(min(time)), epoch_ms(max(time)) FROM posts").Ask(store, 1));
  if (bounds.rows.empty() || IsNull(bounds.rows[0], 0)) return std::optional<TimeRange>();
  return std::optional<TimeRange>(
      TimeRange{FromMillis(IntAt(bounds.rows[0], 0)), FromMillis(IntAt(bounds.rows[0], 1) + 1)});
}

Result<FoundPosts> FindPosts(SqlStore& store, const Statement& conditions, const TimeRange& range,
                             const std::optional<PostCursor>& cursor, std::size_t limit,
                             std::chrono::milliseconds deadline) {
  using SteadyClock = std::chrono::steady_clock;
  const auto begin = SteadyClock::now();
  const auto spent = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - begin);
  };
  FoundPosts found;
  HB_ASSIGN(const auto span, PostSpan(store));
  // The year 1 is where a search without a range begins, but nobody's time.
  found.scanned_to = span ? std::clamp(span->from, range.from, range.to) : range.from;
  if (!span) return found;
  const EventTime low = std::max(range.from, span->from);
  // [low, high): what is left. A cursor leaves posts of its own millisecond.
  EventTime high = std::min(range.to, span->to);
  if (cursor) high = std::min(high, FromMillis(cursor->time_ms + 1));
  const EventTime newest = high;
  SliceWidth width(high - low);
  while (high > low && found.complete) {
    const EventTime slice = std::max(high - width.value(), low);
    // One more tells whether there is more.
    const std::size_t wanted = limit - found.rows.size() + 1;
    const auto before = spent();
    const auto left = std::max(deadline - before, std::chrono::milliseconds(50));
    auto rows = AskSlice(conditions, slice, high, cursor, wanted).Ask(store, wanted, left);
    if (!rows.ok()) {
      // Not one slice was seen: to answer "go on" would go on for ever.
      if (!IsPassing(rows.error().code) || high == newest) return rows.error();
      found.complete = false;
      break;
    }
    for (Row& row : rows.value().rows) found.rows.push_back(std::move(row));
    if (found.rows.size() > limit) {
      found.rows.resize(limit);
      const Row& last = found.rows.back();
      found.next = PostCursor{IntAt(last, kPostTimeColumn), IntAt(last, kPostKeyColumn)};
      found.scanned_to = FromMillis(found.next->time_ms);
      return found;
    }
    high = slice;
    found.complete = high == low || spent() < deadline;
    width.Learn(spent() - before);
  }
  if (!found.complete) {
    // Everything from `high` on has been seen.
    found.next = PostCursor{ToMillis(high), std::numeric_limits<std::int64_t>::min()};
    found.scanned_to = high;
  }
  return found;
}

}  // namespace hb
