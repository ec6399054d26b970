// wire/x_answers.h - what the X API says beside posts: problems, rules, pages.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb {

/// One error of the API: an RFC 7807 body, or a member of `errors`.
struct XProblem {
  std::string kind;  ///< last part of its `type`: "usage-capped", "duplicate-rules"; or ""
  std::string title, detail;
  std::string reason;            ///< "client-not-enrolled"
  std::string connection_issue;  ///< "TooManyConnections"
  std::string disconnect_type;   ///< "UpstreamOperationalDisconnect"
  std::string period;            ///< of a usage cap: "Daily", "Monthly"
  std::string parameter;         ///< the parameter of the request that is wrong
  std::string value;             ///< what is wrong: for rules the rule
  std::string id;                ///< of the rule that is there already
  std::vector<std::string> details;

  /// For people: "UsageCapExceeded: Usage cap exceeded: Monthly product cap".
  [[nodiscard]] std::string Words() const;
};

struct XRule {
  std::string id, value, tag;
};

/// An answer about rules: what there is, or what was added or deleted.
struct XRulesAnswer {
  std::vector<XRule> rules;
  std::vector<XProblem> errors;
  std::string next_token;
  std::int64_t created = -1, deleted = -1;  ///< -1: it does not say
};

/// A row of counts.
struct XCount {
  std::string start;  ///< as it came, ISO 8601
  std::int64_t posts = 0;
};

/// The frame of a page of search results, or of counts.
struct XPage {
  std::string newest_id, oldest_id, next_token;
  std::int64_t result_count = 0;
  std::int64_t total_count = 0;  ///< of a page of counts: posts in it
  std::vector<XCount> counts;    ///< of a page of counts: its rows
};

/// What X has counted for the account: posts of its month.
struct XUsage {
  std::uint64_t used = 0, cap = 0;  ///< cap 0: it does not say
  std::int64_t reset_day = 0;       ///< of a month, on which the count begins anew; 0: not said
};

/// A job of batch compliance: ids go to one address, what became of them comes from another.
struct XComplianceJob {
  std::string id, status;  ///< "created", "in_progress", "complete", "failed", "expired"
  std::string upload_url, download_url;
};

/// What became of a post or an author, as a line of a job's results says it.
struct XComplianceResult {
  std::string id;
  std::string reason;  ///< "deleted", "protected", "suspended", "deactivated", "scrub_geo", ...
  std::string redacted_at;  ///< ISO 8601, or ""
};

/// A trend of a place.
struct XTrend {
  std::string name;
  std::int64_t posts = 0;  ///< 0: X does not say
};

/// What a line of a stream is.
enum class XMessageKind : std::uint8_t {
  kData,     ///< a post or a compliance event: for JsonPosts
  kError,    ///< the stream says why it is about to end
  kUnknown,  ///< JSON that means nothing to us yet
  kBroken,   ///< no JSON object
};

/// Reads the JSON that comes over https://docs.x.com/x-api beside posts. Members that are missing
/// or of another type are empty; text is valid UTF-8 and at most 2,000 bytes a member.
///
/// Threads  One at a time.
/// Errors   kInvalidArgument: not a JSON object.
class XAnswers {
 public:
  XAnswers();
  ~XAnswers();

  /// The problem in the body of an HTTP error: the first, where there are several. Whatever the
  /// bytes; of a body that is no JSON `detail` is the beginning.
  XProblem Problem(std::string_view body);
  /// All the problems of a body.
  std::vector<XProblem> Problems(std::string_view body);
  Result<XRulesAnswer> Rules(std::string_view body);
  Result<XPage> Page(std::string_view body);
  Result<XUsage> Usage(std::string_view body);
  /// kInvalidArgument also for a job without an id.
  Result<XComplianceJob> ComplianceJob(std::string_view body);
  /// kInvalidArgument also for a line without an id.
  Result<XComplianceResult> ComplianceResult(std::string_view line);
  Result<std::vector<XTrend>> Trends(std::string_view body);

  /// Looks at a line of a stream. For kData `rules` are the ids of the rules that it matched; for
  /// kError `problem` is why.
  XMessageKind Message(std::string_view line, std::vector<std::string>& rules, XProblem& problem);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hb
