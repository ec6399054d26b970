#include <algorithm>
#include <cctype>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "rule/ast.h"
#include "rule/rule.h"
#include "text/text_walk.h"
#include "text/utf8.h"

namespace hb {

namespace {

using rule::Node;
using rule::NodeKind;
using rule::Operator;

/// Most occurrences of one word that a distance looks at.
constexpr std::size_t kMaxPositions = 64;

/// One post, walked once for all rules.
class PostScratch : public RuleSet::Scratch {
 public:
  TextWalk walk;
  TextWalk url_walk;                    ///< of one link at a time
  std::vector<std::uint64_t> hashtags;  ///< as the source gave them: the text need not have them
  std::vector<std::uint32_t> candidates;
  const PostBatch* posts = nullptr;
  std::size_t row = 0;
};

bool SameFolded(std::string_view a, std::string_view b) {
  if (a.size() != b.size() && IsAscii(a) && IsAscii(b)) return false;
  return Folded(a) == Folded(b);
}

/// A user is named by handle or by id, with or without the @.
bool IsUser(std::string_view wanted, std::string_view handle, std::string_view id) {
  if (!wanted.empty() && wanted.front() == '@') wanted.remove_prefix(1);
  return (!handle.empty() && SameFolded(wanted, handle)) || (!id.empty() && wanted == id);
}

bool HasRun(const std::vector<Token>& tokens, const std::vector<std::uint64_t>& wanted) {
  if (wanted.empty() || tokens.size() < wanted.size()) return false;
  for (std::size_t begin = 0; begin + wanted.size() <= tokens.size(); ++begin) {
    std::size_t same = 0;
    while (same < wanted.size() && tokens[begin + same].hash == wanted[same]) ++same;
    if (same == wanted.size()) return true;
  }
  return false;
}

/// Whether the words stand within `distance` of each other: so many words may lie between the first
/// and the last; in another order than written, two fewer (X, filtered stream operators).
bool IsNear(const std::vector<Token>& tokens, const Node& leaf) {
  std::vector<std::vector<std::size_t>> positions;
  for (const std::uint64_t wanted : leaf.tokens) {
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < tokens.size() && at.size() < kMaxPositions; ++i) {
      if (tokens[i].hash == wanted) at.push_back(i);
    }
    if (at.empty()) return false;
    positions.push_back(std::move(at));
  }
  // For each place of the first word, each other word is taken at its nearest place.
  for (const std::size_t first : positions.front()) {
    std::size_t low = first, high = first, before = first;
    bool in_order = true;
    for (std::size_t w = 1; w < positions.size(); ++w) {
      const auto nearest = *std::min_element(
          positions[w].begin(), positions[w].end(), [&](std::size_t a, std::size_t b) {
            return (a > first ? a - first : first - a) < (b > first ? b - first : first - b);
          });
      in_order = in_order && nearest > before;
      before = nearest;
      low = std::min(low, nearest);
      high = std::max(high, nearest);
    }
    const auto between =
        static_cast<std::int64_t>(high - low) - static_cast<std::int64_t>(positions.size() - 1);
    if (between <= (in_order ? leaf.high : leaf.high - 2)) return true;
  }
  return false;
}

bool HasTagged(const TextWalk& walk, std::uint16_t flag, std::uint64_t hash) {
  return std::any_of(walk.tokens.begin(), walk.tokens.end(), [&](const Token& token) {
    return token.hash == hash && (token.flags & flag) != 0;
  });
}

bool AnyLink(PostScratch& post, const Node& leaf) {
  const auto matches = [&](std::string_view link) {
    if (leaf.op == Operator::kUrlContains)
      return Folded(link).find(Folded(leaf.text)) != std::string::npos;
    // The link's words, not the link: the walker would take it for one token.
    std::string words(link);
    for (char& c : words) {
      if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c)))
        c = ' ';
    }
    std::string wanted(leaf.text);
    for (char& c : wanted) {
      if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c)))
        c = ' ';
    }
    WalkText(wanted, post.url_walk);
    std::vector<std::uint64_t> hashes;
    for (const Token& token : post.url_walk.tokens) hashes.push_back(token.hash);
    WalkText(words, post.url_walk);
    return HasRun(post.url_walk.tokens, hashes);
  };
  for (const std::string_view url : post.posts->urls[post.row]) {
    if (matches(url)) return true;
  }
  for (const Entity& entity : post.walk.entities) {
    if (entity.kind == EntityKind::kUrl && matches(entity.Text(post.walk.text))) return true;
  }
  return false;
}

bool IsLanguage(std::string_view wanted, std::string_view lang) {
  const std::string_view ours = rule::OurLanguage(wanted);
  const std::string_view theirs = rule::OurLanguage(lang);
  if (SameFolded(ours, theirs)) return true;
  // "pt-BR" is Portuguese; traditional Chinese is asked for by its whole name.
  const std::size_t dash = theirs.find('-');
  return dash != std::string_view::npos && theirs != "zh-TW" &&
         SameFolded(ours, theirs.substr(0, dash));
}

/// Like X's sample: the same posts for the same percentage, and those of a smaller one among them.
bool IsSampled(PostKey key, std::int64_t percent) {
  const std::uint64_t bits = ToInt(key);
  const std::string_view bytes(reinterpret_cast<const char*>(&bits), sizeof bits);
  return Hash64(bytes, 0x5A) % 100 < static_cast<std::uint64_t>(percent);
}

bool LeafMatches(const Node& leaf, PostScratch& post) {
  const PostBatch& posts = *post.posts;
  const std::size_t row = post.row;
  const TextWalk& walk = post.walk;
  const auto flag = [&](PostFlag bit) { return (posts.flags[row] & bit) != 0; };
  switch (leaf.op) {
    case Operator::kWord:
    case Operator::kEmoji:
    case Operator::kPhrase: return HasRun(walk.tokens, leaf.tokens);
    case Operator::kProximity: return IsNear(walk.tokens, leaf);
    case Operator::kHashtag:
      return HasTagged(walk, kTokenHashtag, leaf.tokens.front()) ||
             std::find(post.hashtags.begin(), post.hashtags.end(), leaf.tokens.front()) !=
                 post.hashtags.end();
    case Operator::kCashtag: return HasTagged(walk, kTokenCashtag, leaf.tokens.front());
    case Operator::kMention: return HasTagged(walk, kTokenMention, leaf.tokens.front());
    case Operator::kFrom: return IsUser(leaf.text, posts.handle[row], posts.author[row]);
    case Operator::kTo: return IsUser(leaf.text, posts.reply_to[row], posts.reply_to[row]);
    case Operator::kRetweetsOf:
      return posts.kind[row] == PostKind::kRepost &&
             IsUser(leaf.text, posts.repost_of[row], posts.repost_of[row]);
    case Operator::kConversation: return posts.conversation[row] == leaf.text;
    case Operator::kUrl:
    case Operator::kUrlContains: return AnyLink(post, leaf);
    case Operator::kPlaceCountry: return SameFolded(posts.country[row], leaf.text);
    case Operator::kIsRetweet: return posts.kind[row] == PostKind::kRepost;
    case Operator::kIsReply: return posts.kind[row] == PostKind::kReply;
    case Operator::kIsQuote: return posts.kind[row] == PostKind::kQuote;
    case Operator::kIsVerified: return flag(kFlagVerified);
    case Operator::kIsNullcast: return flag(kFlagNullcast);
    case Operator::kHasHashtags: return walk.counts.hashtags > 0 || !posts.hashtags[row].empty();
    case Operator::kHasCashtags: return walk.counts.cashtags > 0;
    case Operator::kHasLinks: return walk.counts.urls > 0 || !posts.urls[row].empty();
    case Operator::kHasMentions: return walk.counts.mentions > 0;
    case Operator::kHasMedia: return flag(kFlagMedia) || flag(kFlagImages) || flag(kFlagVideo);
    case Operator::kHasImages: return flag(kFlagImages);
    case Operator::kHasVideo: return flag(kFlagVideo);
    case Operator::kHasGeo: return flag(kFlagGeo) || !posts.country[row].empty();
    case Operator::kLang: return IsLanguage(leaf.text, posts.lang[row]);
    case Operator::kSample: return IsSampled(posts.key[row], leaf.low);
    case Operator::kFollowers:
      return posts.followers[row] >= leaf.low && posts.followers[row] <= leaf.high;
    case Operator::kMinFollowers: return posts.followers[row] >= leaf.low;
    case Operator::kUnknowable:
    case Operator::kSearchOnly: return false;
  }
  return false;
}

bool Matches(const Node& node, PostScratch& post) {
  const auto match = [&](const Node& child) { return Matches(child, post); };
  switch (node.kind) {
    case NodeKind::kLeaf: return LeafMatches(node, post);
    case NodeKind::kNot: return !LeafMatches(node.children.front(), post);
    case NodeKind::kAnd: return std::all_of(node.children.begin(), node.children.end(), match);
    case NodeKind::kOr: return std::any_of(node.children.begin(), node.children.end(), match);
  }
  return false;
}

/// Tokens of which a matching post must have at least one; nothing if there is no such set.
std::optional<std::vector<std::uint64_t>> AnchorsOf(const Node& node) {
  switch (node.kind) {
    case NodeKind::kNot: return std::nullopt;
    case NodeKind::kLeaf:
      switch (node.op) {
        case Operator::kWord:
        case Operator::kPhrase:
        case Operator::kProximity:
        case Operator::kHashtag:
        case Operator::kCashtag:
        case Operator::kMention: return std::vector<std::uint64_t>{node.tokens.front()};
        default: return std::nullopt;
      }
    case NodeKind::kAnd: {
      std::optional<std::vector<std::uint64_t>> best;
      for (const Node& child : node.children) {
        auto anchors = AnchorsOf(child);
        if (anchors && (!best || anchors->size() < best->size())) best = std::move(anchors);
      }
      return best;
    }
    case NodeKind::kOr: {
      std::vector<std::uint64_t> all;
      for (const Node& child : node.children) {
        const auto anchors = AnchorsOf(child);
        if (!anchors) return std::nullopt;
        all.insert(all.end(), anchors->begin(), anchors->end());
      }
      return all;
    }
  }
  return std::nullopt;
}

class IndexedRules : public RuleSet {
 public:
  IndexedRules(std::vector<Node> rules, std::vector<std::string> tags, std::uint32_t version)
      : rules_(std::move(rules)), tags_(std::move(tags)), version_(version) {
    for (std::uint32_t i = 0; i < rules_.size(); ++i) {
      const auto anchors = AnchorsOf(rules_[i]);
      if (!anchors) {
        unanchored_.push_back(i);
        continue;
      }
      for (const std::uint64_t token : *anchors) by_token_[token].push_back(i);
    }
  }

  [[nodiscard]] std::unique_ptr<Scratch> MakeScratch() const override {
    return std::make_unique<PostScratch>();
  }

  void Match(const PostBatch& posts, std::size_t row, Scratch& scratch,
             std::vector<std::uint32_t>& matched) const override {
    if (rules_.empty()) return;
    auto& post = static_cast<PostScratch&>(scratch);
    post.posts = &posts;
    post.row = row;
    WalkText(posts.content[row], post.walk);
    post.hashtags.clear();
    for (const std::string_view tag : posts.hashtags[row]) {
      post.hashtags.push_back(Hash64(Folded(tag)));
    }
    post.candidates = unanchored_;
    const auto look_up = [&](std::uint64_t token) {
      const auto at = by_token_.find(token);
      if (at == by_token_.end()) return;
      post.candidates.insert(post.candidates.end(), at->second.begin(), at->second.end());
    };
    for (const Token& token : post.walk.tokens) look_up(token.hash);
    for (const std::uint64_t tag : post.hashtags) look_up(tag);
    std::sort(post.candidates.begin(), post.candidates.end());
    const auto last = std::unique(post.candidates.begin(), post.candidates.end());
    for (auto at = post.candidates.begin(); at != last; ++at) {
      if (Matches(rules_[*at], post)) matched.push_back(*at);
    }
  }

  [[nodiscard]] const std::vector<std::string>& tags() const override { return tags_; }
  [[nodiscard]] std::uint32_t version() const override { return version_; }

 private:
  struct Same {
    std::size_t operator()(std::uint64_t hash) const { return hash; }
  };
  const std::vector<Node> rules_;
  const std::vector<std::string> tags_;
  const std::uint32_t version_;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>, Same> by_token_;
  std::vector<std::uint32_t> unanchored_;
};

}  // namespace

Result<RuleExplanation> CheckRule(std::string_view text, RuleError* error) {
  RuleError place;
  const Result<Node> root = rule::Parse(text, place);
  if (error != nullptr) *error = place;
  if (!root.ok()) return root.error();
  return rule::Explain(root.value());
}

Result<std::shared_ptr<const RuleSet>> RuleSet::Compile(std::span<const Task> tasks,
                                                        std::uint32_t version) {
  std::vector<Node> rules;
  std::vector<std::string> tags;
  for (const Task& task : tasks) {
    if (!task.active) continue;
    RuleError place;
    Result<Node> root = rule::Parse(task.rule, place);
    if (!root.ok()) {
      return Error{root.error().code, "rule of task '" + task.tag + "', " + root.error().message};
    }
    rules.push_back(std::move(root).value());
    tags.push_back(task.tag);
  }
  return std::shared_ptr<const RuleSet>(
      std::make_shared<IndexedRules>(std::move(rules), std::move(tags), version));
}

}  // namespace hb
