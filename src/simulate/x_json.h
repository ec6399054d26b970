// simulate/x_json.h - posts as the X API v2 gives them. Internal to simulate.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "simulate/corpus.h"
#include "simulate/http_server.h"

namespace hb::simulate {

/// The two names that X has for its things, during its change from one to the other.
enum class Vocabulary : std::uint8_t { kTweet, kPost };

/// What a request asks to be told of each post: tweet.fields, expansions and so on.
struct XFields {
  Vocabulary vocabulary = Vocabulary::kTweet;
  std::set<std::string, std::less<>> post, expansions, user, place, media;

  /// Everything that is known.
  static XFields All(Vocabulary vocabulary);
  [[nodiscard]] bool Has(std::string_view name) const { return post.contains(name); }
  [[nodiscard]] bool Expands(std::string_view name) const { return expansions.contains(name); }
};

/// A parameter that X would refuse: the body of its 400 names it and its value.
struct BadParameter {
  std::string name, value, message;
};

/// Reads the parameters of fields; those in `others` are known besides.
std::optional<BadParameter> ReadFields(const Request& request, Vocabulary vocabulary,
                                       const std::vector<std::string_view>& others, XFields& out);

/// "2026-11-21T03:00:00.000Z".
std::string XTime(EventTime time);

/// A rule that a post matched.
struct XMatch {
  std::string id, tag;
};

/// {"data":{..},"includes":{..},"matching_rules":[..]}; without `matches` no such member.
std::string XMessage(const Post& post, const XFields& fields, const std::vector<XMatch>* matches);

/// {"data":[..],"includes":{..}, without the closing brace, for an answer with many posts; "{" for
/// none.
std::string XPage(const std::vector<Post>& posts, const XFields& fields);

/// The body of an error: {"title","type","detail","status", and `more` (JSON members)}.
std::string XProblem(int status, std::string_view title, std::string_view type,
                     std::string_view detail, std::string_view more = {});
std::string XBadParameters(const std::vector<BadParameter>& bad);

}  // namespace hb::simulate
