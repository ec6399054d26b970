// /api/v1/keywords
#include <algorithm>

#include "analysis/chain.h"
#include "serve/answer.h"
#include "serve/params.h"
#include "serve/post_query.h"
#include "serve/router.h"
#include "serve/rows.h"

namespace hb {

namespace {

/// Posts that are read, the newest: enough for what they are about to show, and read in a moment.
constexpr std::int64_t kMaxPosts = 4000;

/// "(the newest posts that pass the request's filters)".
Result<Statement> NewestPosts(const HttpRequest& request, const ApiContext& context) {
  HB_ASSIGN(const Statement conditions, PostConditions(request, context));
  HB_ASSIGN(const TimeBounds bounds, TimeBoundParams(request));
  Statement posts("(SELECT lang, content, word, time FROM posts WHERE true");
  if (bounds.from) posts.Add(" AND time >= ").BindTime(*bounds.from);
  if (bounds.to) posts.Add(" AND time < ").BindTime(*bounds.to);
  posts.Append(conditions).Add(" ORDER BY time DESC LIMIT ").Bind(kMaxPosts).Add("::BIGINT)");
  return posts;
}

}  // namespace

HttpResponse GetKeywords(const HttpRequest& request, const ApiContext& context) {
  SqlStore& store = context.backend.store();
  HB_ANSWER_ASSIGN(const std::int64_t limit, IntParam(request, "limit", 20, 1, 100));
  HB_ANSWER_ASSIGN(const Statement posts, NewestPosts(request, context));
  // The stop words of one language are keywords in another: only the one of most posts is read. A
  // text that was copied counts once: else it alone would be what all are about.
  Statement ask("WITH newest AS ");
  ask.Append(posts).Add(
      ", main AS (SELECT lang FROM newest GROUP BY lang ORDER BY count(*) DESC, 1 LIMIT 1) "
      "SELECT min(content), count(*), lang FROM newest WHERE lang = (SELECT lang FROM main) "
      "GROUP BY word, lang ORDER BY max(time) DESC, 1");
  HB_ANSWER_ASSIGN(const SqlResult found, ask.Ask(store, kMaxPosts));
  const std::string lang(found.rows.empty() ? std::string_view() : TextAt(found.rows[0], 2));
  std::vector<std::string_view> texts;
  std::int64_t read = 0;
  for (const Row& row : found.rows) {
    texts.push_back(TextAt(row, 0));
    read += IntAt(row, 1);
  }
  std::vector<Keyword> keywords;
  const auto scratch = context.backend.chain().MakeScratch();
  context.backend.chain().FindKeywords(texts, lang, *scratch, keywords);
  keywords.resize(std::min(keywords.size(), static_cast<std::size_t>(limit)));
  JsonWriter json;
  json.Open()
      .Member("lang", lang)
      .Key("posts")
      .Int(read)
      .Key("texts")
      .Int(static_cast<std::int64_t>(texts.size()));
  json.Key("keywords").OpenList();
  for (const Keyword& keyword : keywords) {
    json.Open().Member("text", keyword.text).Key("score").Number(keyword.score);
    json.Key("count").Int(keyword.count).Close();
  }
  json.CloseList().Close();
  return JsonAnswer(json);
}

}  // namespace hb
