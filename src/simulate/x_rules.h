// simulate/x_rules.h - the rules of the filtered stream. Internal to simulate.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/units.h"
#include "record/post_batch.h"
#include "rule/rule.h"
#include "simulate/x_json.h"
#include "wire/json_posts.h"

namespace hb::simulate {

/// Rules at one moment, ready to match. Immutable.
struct XRuleSet {
  std::uint32_t version = 0;
  std::vector<XMatch> rules;           ///< in the order of the set's tags
  std::shared_ptr<const RuleSet> set;  ///< null without rules
};

/// One query as a set. The error says where it is wrong.
Result<std::shared_ptr<const XRuleSet>> CompileQuery(const std::string& query);

/// Says which rules a post matches: it is written down as X would, read as a client reads it, and
/// given to the rule engine.
///
/// Threads  One at a time.
class XMatcher {
 public:
  /// The matches in `set` live until the next call.
  const std::vector<XMatch>& Match(const Post& post, const std::shared_ptr<const XRuleSet>& set);

 private:
  const XFields fields_ = XFields::All(Vocabulary::kTweet);
  JsonPosts reader_{JsonFormat::kX2};
  PostBatch posts_;
  std::shared_ptr<const XRuleSet> set_;
  std::unique_ptr<RuleSet::Scratch> scratch_;
  std::vector<std::uint32_t> matched_;
  std::vector<XMatch> matches_;
};

struct XAnswer {
  int status = 200;
  std::string body;
};

/// `/2/tweets/search/stream/rules` and its counts.
///
/// Threads  Any.
/// Choices  One app, so one set. A change works at once, where X takes about 20 s. Each rule of a
///          request is taken or refused by itself; 201 if any was made, 200 if none was.
class XRules {
 public:
  struct Limits {
    std::size_t rules = 1'000;
    std::size_t code_points = 1'024;  ///< of one rule
    bool sample = true;               ///< the account's level allows `sample:`
  };
  explicit XRules(Limits limits);

  XAnswer List(const Request& request, EventTime now) const;
  XAnswer Change(const Request& request, EventTime now);
  XAnswer Counts() const;
  [[nodiscard]] std::shared_ptr<const XRuleSet> current() const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct Rule {
    std::string id, value, tag;
  };
  struct Outcome;
  void AddOne(const std::string& value, const std::string& tag, std::vector<Rule>& rules,
              Outcome& outcome);
  void Compile() HB_REQUIRES(mutex_);

  const Limits limits_;
  mutable Mutex mutex_;
  std::vector<Rule> rules_ HB_GUARDED_BY(mutex_);
  std::uint64_t last_id_ HB_GUARDED_BY(mutex_) = 1'700'000'000'000'000'000;
  std::shared_ptr<const XRuleSet> current_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb::simulate
