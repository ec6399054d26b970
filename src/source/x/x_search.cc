#include "source/x/x_search.h"

#include <fmt/format.h>

namespace hb {

namespace {

XParams RangeOf(const XSearch::Ask& ask) {
  XParams params{{"query", ask.query}};
  if (ask.start != EventTime{}) params.emplace_back("start_time", XTime(ask.start));
  if (ask.end != EventTime{}) {
    params.emplace_back("end_time", XTime(std::chrono::ceil<std::chrono::seconds>(ask.end)));
  }
  if (!ask.since_id.empty()) params.emplace_back("since_id", ask.since_id);
  return params;
}

}  // namespace

bool RefusesVocabulary(const HttpStreamEnd& end, const XProblem& problem, XVocabulary vocabulary) {
  if (end.how != HttpStreamEnd::How::kDone || end.status != 400) return false;
  const std::string_view name = vocabulary == XVocabulary::kTweet ? "tweet.fields" : "post.fields";
  return problem.parameter == name || problem.Words().find(name) != std::string::npos;
}

Error XSearch::Failed(const XClient::Answer& answer) {
  ending_ = answer.ending;
  status_ = answer.http.status;
  return XErrorOf(answer);
}

Result<XSearch::Page> XSearch::Search(const Ask& ask) {
  ending_ = {};
  status_ = 0;
  XParams base = RangeOf(ask);
  base.emplace_back("max_results", std::to_string(ask.page_size));
  if (!ask.next_token.empty()) base.emplace_back("next_token", ask.next_token);
  for (int attempt = 0;; ++attempt) {
    XParams params = base;
    for (auto& field : XPostFields(vocabulary_)) params.push_back(std::move(field));
    XClient::Answer answer =
        client_.Get(ask.whole_archive ? "/2/tweets/search/all" : "/2/tweets/search/recent", params);
    if (attempt == 0 && RefusesVocabulary(answer.http, answer.problem, vocabulary_)) {
      vocabulary_ = vocabulary_ == XVocabulary::kTweet ? XVocabulary::kPost : XVocabulary::kTweet;
      continue;
    }
    if (!answer.good) return Failed(answer);
    Result<XPage> page = answers_.Page(answer.http.body);
    if (!page.ok()) return Error{Code::kCorrupt, "search: " + page.error().message};
    return Page{std::move(answer.http.body), page.value().next_token, page.value().newest_id,
                page.value().result_count};
  }
}

Result<std::int64_t> XSearch::Count(const Ask& ask, std::string_view granularity,
                                    std::vector<XCount>* rows) {
  ending_ = {};
  status_ = 0;
  XParams base = RangeOf(ask);
  base.emplace_back("granularity", std::string(granularity));
  std::int64_t sum = 0;
  std::string token;
  do {
    XParams params = base;
    if (!token.empty()) params.emplace_back("next_token", token);
    const XClient::Answer answer =
        client_.Get(ask.whole_archive ? "/2/tweets/counts/all" : "/2/tweets/counts/recent", params);
    if (!answer.good) return Failed(answer);
    Result<XPage> page = answers_.Page(answer.http.body);
    if (!page.ok()) return Error{Code::kCorrupt, "counts: " + page.error().message};
    sum += page.value().total_count;
    if (rows != nullptr) {
      rows->insert(rows->end(), page.value().counts.begin(), page.value().counts.end());
    }
    if (page.value().next_token == token) break;
    token = page.value().next_token;
  } while (!token.empty());
  return sum;
}

}  // namespace hb
