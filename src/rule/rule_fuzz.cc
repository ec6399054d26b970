// Any bytes as a rule: an answer or an error with a column, and a rule that parses matches without
// harm.
#include <cstdint>
#include <cstdlib>

#include "rule/rule.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  hb::RuleError error;
  if (!hb::CheckRule(text, &error).ok()) {
    if (error.column < 1 || error.message.empty()) std::abort();
    return 0;
  }
  const hb::Task task{.tag = "t", .rule = std::string(text)};
  const auto rules = hb::RuleSet::Compile(std::span(&task, 1), 1);
  if (!rules.ok()) std::abort();
  hb::PostBatch posts;
  hb::PostView post;
  post.content =
      "The cat sat on #mat with @bob, big deal https://example.com/x $TWTR \xF0\x9F\x98\x83";
  posts.Append(post);
  std::vector<std::uint32_t> matched;
  const auto scratch = rules.value()->MakeScratch();
  rules.value()->Match(posts, 0, *scratch, matched);
  return 0;
}
