#include "simulate/x_found.h"

#include <gtest/gtest.h>

#include "record/identity.h"

namespace hb::simulate {
namespace {

constexpr EventTime kBegin = FromMillis(1'767'225'600'000);

std::vector<std::uint64_t> Matched(const Corpus& corpus, std::uint64_t number,
                                   const std::shared_ptr<const XRuleSet>& query) {
  XMatcher matcher;
  std::vector<std::uint64_t> indices;
  for (std::uint64_t index = number * XFound::kStretch; index < (number + 1) * XFound::kStretch;
       ++index) {
    if (index < corpus.size() && !matcher.Match(corpus.Get(index), query).empty())
      indices.push_back(index);
  }
  return indices;
}

TEST(XFound, FindsWhatMatchesAndRemembersItByQuery) {
  const auto corpus = Corpus::MakeUp({.begin = kBegin});
  ASSERT_TRUE(corpus.ok());
  const auto cats = CompileQuery("cat"), coffee = CompileQuery("coffee lang:en");
  ASSERT_TRUE(cats.ok() && coffee.ok());
  XFound found(*corpus.value());
  XMatcher matcher;
  for (const std::uint64_t number : {0u, 7u}) {
    const auto first = found.In(number, "cat", cats.value(), matcher);
    EXPECT_EQ(*first, Matched(*corpus.value(), number, cats.value()));
    EXPECT_FALSE(first->empty());
    EXPECT_EQ(found.In(number, "cat", cats.value(), matcher), first);
    EXPECT_EQ(*found.In(number, "coffee lang:en", coffee.value(), matcher),
              Matched(*corpus.value(), number, coffee.value()));
  }
}

TEST(XFound, EndsWithTheCorpus) {
  PostBatch posts;
  for (const std::string text : {"a cat", "a dog", "another cat"}) {
    PostView post;
    post.handle = "ann";
    post.id = text;
    post.content = text;
    post.time = kBegin + std::chrono::seconds(posts.size());
    post.key = KeyOf(post.id);
    posts.Append(post);
  }
  const auto corpus = Corpus::Play({.begin = kBegin, .loop = false}, std::move(posts), {});
  const auto cats = CompileQuery("cat");
  ASSERT_TRUE(corpus.ok() && cats.ok());
  XFound found(*corpus.value());
  XMatcher matcher;
  EXPECT_EQ(*found.In(0, "cat", cats.value(), matcher), (XFound::Indices{0, 2}));
}

}  // namespace
}  // namespace hb::simulate
