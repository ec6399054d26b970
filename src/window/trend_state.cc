// How a trend detector is kept: its whole state, and the journal of what happened since.
#include <algorithm>

#include "window/trend_detector_impl.h"

namespace hb::trends {
namespace {

constexpr std::uint64_t kSavedVersion = 1;

}  // namespace

void Detector::WritePost(const TaggedPost& post) {
  StateWriter out = Write(Op::kPost);
  out.Signed(post.bucket);
  out.Fixed(post.author);
  out.Fixed(post.text);
  out.Text(post.id);
  out.Text(post.language);
  out.Text(post.country);
  for (const auto* list : {&post.tasks, &post.tags}) {
    out.Number(list->size());
    for (const std::string_view text : *list) out.Text(text);
  }
}

Status Detector::Replay(std::string_view journal) {
  StateReader in(journal);
  TaggedPost post;
  while (in.ok() && !in.done()) {
    switch (static_cast<Op>(in.Number())) {
      case Op::kFirst: NoteFirst(in.Signed()); break;
      case Op::kAdvance: {
        const std::int64_t bucket = in.Signed();
        if (in.ok()) AdvanceTo(bucket, nullptr);
        break;
      }
      case Op::kReset: Clear(); break;
      case Op::kPost: {
        post.bucket = in.Signed();
        post.author = in.Fixed();
        post.text = in.Fixed();
        post.id = in.Text();
        post.language = in.Text();
        post.country = in.Text();
        for (auto* list : {&post.tasks, &post.tags}) {
          list->clear();
          for (std::size_t left = in.Count(); left > 0; --left) list->push_back(in.Text());
        }
        if (in.ok()) Count(post);
        break;
      }
      default: in.Fail();
    }
  }
  return in.ok() ? Ok() : Status(Error{Code::kCorrupt, "a journal of trends cannot be read"});
}

void Detector::SaveHistory(const KeyHistory& history, StateWriter& out) const {
  out.Text(strings_[history.key]);
  out.Number(history.scope);
  out.Number(history.active ? 1 : 0);
  out.Real(history.decayed);
  out.Signed(history.decayed_at);
  out.Number(history.buckets.size() - history.first);
  for (std::size_t i = history.first; i < history.buckets.size(); ++i) {
    out.Signed(history.buckets[i].first);
    out.Number(history.buckets[i].second);
  }
  out.Number(history.slots.size());
  for (const auto& [slot, count] : history.slots) {
    out.Signed(slot);
    out.Number(count);
  }
  out.Number(history.mentions.size);
  lists_.ForEach(history.mentions, [&](const Mention& mention) {
    out.Signed(mention.bucket);
    out.Fixed(mention.author);
    out.Fixed(mention.text);
    out.Number(mention.language);
    out.Number(posts_seen_ - mention.post);
  });
}

void Detector::LoadHistory(StateReader& in) {
  const std::uint32_t key = strings_.Intern(in.Text());
  const std::uint64_t scope = in.Number();
  if (scope >= scopes_.size()) return in.Fail();
  const std::uint32_t at = HistoryOf(static_cast<std::uint32_t>(scope), key);
  KeyHistory& history = histories_[at];
  history.active = in.Number() != 0;
  history.decayed = in.Real();
  history.decayed_at = in.Signed();
  for (std::size_t left = in.Count(); left > 0; --left) {
    const std::int64_t bucket = in.Signed();
    if (!history.buckets.empty() && bucket <= history.buckets.back().first) return in.Fail();
    history.buckets.emplace_back(bucket, static_cast<std::uint32_t>(in.Number()));
    ExpectIn(bucket, at);  // Those evaluated before are due again at once.
  }
  for (std::size_t left = in.Count(); left > 0; --left) {
    const std::int64_t slot = in.Signed();
    history.slots.emplace_back(slot, static_cast<std::uint32_t>(in.Number()));
  }
  for (std::size_t left = in.Count(); left > 0; --left) {
    Mention mention;
    mention.bucket = in.Signed();
    mention.author = in.Fixed();
    mention.text = in.Fixed();
    mention.language = static_cast<std::uint32_t>(in.Number());
    mention.post = posts_seen_ - static_cast<std::uint32_t>(in.Number());
    if (mention.language >= languages_.size()) return in.Fail();
    lists_.Append(history.mentions, mention);
  }
  history.live = history.active;
  if (history.live) live_.push_back(at);
}

void Detector::Save(std::string& out) const {
  StateWriter to(out);
  to.Number(kSavedVersion);
  to.Signed(first_bucket_);
  to.Signed(evaluated_);
  to.Number(posts_seen_);
  to.Number(languages_.size());
  for (std::uint32_t i = 0; i < languages_.size(); ++i) to.Text(languages_[i]);
  to.Number(scopes_.size());
  for (const Scope& scope : scopes_) {
    to.Text(scope.name);
    to.Number(scope.drop_at);
  }
  std::size_t used = 0;
  for (const Scope& scope : scopes_) used += scope.keys;
  to.Number(used);
  std::vector<std::uint32_t> posts;  // those whose ids are needed, by how long ago
  for (const KeyHistory& history : histories_) {
    if (history.scope == UINT32_MAX) continue;
    SaveHistory(history, to);
    lists_.ForEach(history.mentions, [&](const Mention& mention) {
      if (posts_seen_ - mention.post <= NewestIds::kKept)
        posts.push_back(posts_seen_ - mention.post);
    });
  }
  std::sort(posts.begin(), posts.end());
  posts.erase(std::unique(posts.begin(), posts.end()), posts.end());
  to.Number(posts.size());
  for (const std::uint32_t ago : posts) {
    to.Number(ago);
    to.Text(ids_[posts_seen_ - ago]);
  }
}

void Detector::Restore(StateReader& in) {
  if (in.Number() != kSavedVersion) return in.Fail();
  first_bucket_ = in.Signed();
  evaluated_ = in.Signed();
  posts_seen_ = static_cast<std::uint32_t>(in.Number());
  for (std::size_t left = in.Count(); left > 0; --left) languages_.Intern(in.Text());
  for (std::size_t left = in.Count(); left > 0; --left) {
    const std::uint32_t scope = ScopeOf("", in.Text());
    scopes_[scope].drop_at = static_cast<std::size_t>(in.Number());
  }
  for (std::size_t left = in.Count(); left > 0; --left) {
    LoadHistory(in);
    if (!in.ok()) return;
  }
  for (std::size_t left = in.Count(); left > 0; --left) {
    const auto ago = static_cast<std::uint32_t>(in.Number());
    ids_.Set(posts_seen_ - ago, in.Text());
  }
}

Status Detector::Load(std::string_view saved) {
  Clear();
  StateReader in(saved);
  Restore(in);
  if (in.ok() && in.done()) return Ok();
  Clear();
  return Error{Code::kCorrupt, "the saved state of trends cannot be read"};
}

}  // namespace hb::trends
