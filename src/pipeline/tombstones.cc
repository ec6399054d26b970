#include "pipeline/tombstones.h"

#include <algorithm>
#include <charconv>

#include "pipeline/codec.h"
#include "pipeline/topics.h"
#include "record/identity.h"

namespace hb {

namespace {

/// Key of an account event's state: network, author, kind and time, so that no event overwrites
/// another.
std::string AccountKey(const Redaction& redaction) {
  std::string key(NetworkOf(redaction.source));
  key += '\0';
  key += redaction.author;
  key += '\0';
  key += std::to_string(static_cast<int>(redaction.kind)) + " " +
         std::to_string(ToMillis(redaction.time));
  return key;
}

bool IsAccountEvent(RedactionKind kind) {
  return kind == RedactionKind::kAccountDelete || kind == RedactionKind::kAccountHide ||
         kind == RedactionKind::kAccountShow;
}

}  // namespace

Result<std::unique_ptr<Tombstones>> Tombstones::Open(Log& log) {
  auto tombstones = std::make_unique<Tombstones>();
  HB_TRY(log.ScanState(kTombstoneState, Partition{0}, [&](std::string_view key, std::string_view) {
    tombstones->Add(KeyFromBytes(key));
    return true;
  }));
  HB_TRY(log.ScanState(kEditState, Partition{0}, [&](std::string_view key, std::string_view) {
    tombstones->Add(Redaction{.kind = RedactionKind::kEdit, .key = KeyFromBytes(key)});
    return true;
  }));
  HB_TRY(log.ScanState(kAccountState, Partition{0}, [&](std::string_view key, std::string_view) {
    const std::size_t first = key.find('\0'), second = key.rfind('\0');
    const std::size_t blank = key.rfind(' ');
    if (first == std::string_view::npos || first == second || blank < second || blank > key.size())
      return true;
    std::int64_t time = 0;
    std::from_chars(key.data() + blank + 1, key.data() + key.size(), time);
    const auto kind = static_cast<RedactionKind>(key[second + 1] - '0');
    tombstones->AddAccount(key.substr(0, first), key.substr(first + 1, second - first - 1), kind,
                           time);
    return true;
  }));
  return tombstones;
}

void Tombstones::Add(const Redaction& redaction) {
  if (redaction.kind == RedactionKind::kDelete) {
    if (ToInt(redaction.key) != 0) Add(redaction.key);
  } else if (redaction.kind == RedactionKind::kEdit) {
    const MutexLock lock(mutex_);
    if (ToInt(redaction.key) != 0 && edits_.insert(ToInt(redaction.key)).second) ++additions_;
  } else if (IsAccountEvent(redaction.kind) && !redaction.author.empty()) {
    AddAccount(NetworkOf(redaction.source), redaction.author, redaction.kind,
               ToMillis(redaction.time));
  }
}

void Tombstones::AddAccount(std::string_view network, std::string_view author, RedactionKind kind,
                            std::int64_t time) {
  const MutexLock lock(mutex_);
  std::vector<Account>& of_author = accounts_[std::string(author)];
  auto at = std::find_if(of_author.begin(), of_author.end(),
                         [&](const Account& a) { return a.network == network; });
  if (at == of_author.end())
    at = of_author.insert(of_author.end(), Account{.network = std::string(network)});
  std::int64_t& latest = kind == RedactionKind::kAccountDelete ? at->deleted
                         : kind == RedactionKind::kAccountHide ? at->hidden
                                                               : at->shown;
  if (time <= latest) return;
  latest = time;
  ++additions_;
}

void Tombstones::Record(Transaction& transaction, const Redaction& redaction, EventTime now) {
  if (redaction.kind == RedactionKind::kDelete) {
    if (ToInt(redaction.key) != 0) Record(transaction, redaction.key, now);
  } else if (redaction.kind == RedactionKind::kEdit) {
    if (ToInt(redaction.key) != 0) {
      transaction.PutState(kEditState, Partition{0}, KeyBytes(redaction.key),
                           std::to_string(ToMillis(now)));
    }
  } else if (IsAccountEvent(redaction.kind) && !redaction.author.empty()) {
    transaction.PutState(kAccountState, Partition{0}, AccountKey(redaction),
                         std::to_string(ToMillis(now)));
  }
}

Tombstones::Verdict Tombstones::JudgeLocked(const PostView& post) const {
  const auto deleted = [&](PostKey key) HB_REQUIRES(mutex_) { return keys_.contains(ToInt(key)); };
  if (!keys_.empty()) {
    if (deleted(post.key)) return Verdict::kGone;
    if (!post.chain.empty() && deleted(KeyOf(post.chain))) return Verdict::kGone;
    if (post.kind == PostKind::kRepost && !post.repost_of.empty() && deleted(KeyOf(post.repost_of)))
      return Verdict::kGone;
  }
  // An edit that kept its id (its chain is itself) is the newer version, not the one that was
  // replaced.
  if (!edits_.empty() && edits_.contains(ToInt(post.key)) &&
      (post.chain.empty() || post.chain != post.id)) {
    return Verdict::kGone;
  }
  if (accounts_.empty() || post.author.empty()) return Verdict::kStays;
  const auto at = accounts_.find(post.author);
  if (at == accounts_.end()) return Verdict::kStays;
  const std::int64_t time = ToMillis(post.time);
  Verdict verdict = Verdict::kStays;
  for (const Account& account : at->second) {
    if (!IsSameNetwork(account.network, post.source)) continue;
    if (account.deleted != kNever && time <= account.deleted) return Verdict::kGone;
    if (account.hidden != kNever && account.hidden >= account.shown && time <= account.hidden)
      verdict = Verdict::kHidden;
  }
  return verdict;
}

Tombstones::Verdict Tombstones::Judge(const PostView& post) const {
  const MutexLock lock(mutex_);
  return JudgeLocked(post);
}

void Tombstones::Judge(const PostBatch& posts, std::vector<Verdict>& verdicts) const {
  verdicts.clear();
  const MutexLock lock(mutex_);
  if (IsEmpty()) return;
  for (std::size_t row = 0; row < posts.size(); ++row) {
    // Nearly all rows pass these without being put together.
    const std::uint64_t key = ToInt(posts.key[row]);
    const bool named = keys_.contains(key) || edits_.contains(key);
    const bool follows = !posts.chain[row].empty() || posts.kind[row] == PostKind::kRepost;
    if (!named && !follows && (accounts_.empty() || !accounts_.contains(posts.author[row])))
      continue;
    const Verdict verdict = JudgeLocked(posts.Row(row));
    if (verdict == Verdict::kStays) continue;
    verdicts.resize(posts.size(), Verdict::kStays);
    verdicts[row] = verdict;
  }
}

bool Tombstones::Names(std::string_view bytes) const {
  constexpr std::size_t kShortest = 8, kLongest = 512;
  constexpr std::string_view kBetween = " \t\r\n\"'`<>{}[](),;|";
  const MutexLock lock(mutex_);
  if (keys_.empty()) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string token;
  for (std::size_t at = 0; at < bytes.size();) {
    at = bytes.find_first_not_of(kBetween, at);
    if (at == std::string_view::npos) break;
    const std::size_t end = std::min(bytes.find_first_of(kBetween, at), bytes.size());
    if (end - at >= kShortest && end - at <= kLongest) {
      token.assign(bytes.substr(at, end - at));
      std::erase(token, '\\');  // JSON may write "at:\/\/"
      if (keys_.contains(ToInt(KeyOf(token)))) return true;
    }
    // A number within a longer text: ".../status/1346889436626259968".
    for (std::size_t digit = at; digit < end;) {
      if (!is_digit(bytes[digit])) {
        ++digit;
        continue;
      }
      std::size_t behind = digit;
      while (behind < end && is_digit(bytes[behind])) ++behind;
      if (behind - digit >= kShortest &&
          keys_.contains(ToInt(KeyOf(bytes.substr(digit, behind - digit)))))
        return true;
      digit = behind;
    }
    at = end;
  }
  return false;
}

void Tombstones::Add(PostKey key) {
  const MutexLock lock(mutex_);
  if (keys_.insert(ToInt(key)).second) ++additions_;
}

void Tombstones::Record(Transaction& transaction, PostKey key, EventTime time) {
  transaction.PutState(kTombstoneState, Partition{0}, KeyBytes(key),
                       std::to_string(ToMillis(time)));
}

bool Tombstones::Contains(PostKey key) const {
  const MutexLock lock(mutex_);
  return !keys_.empty() && keys_.contains(ToInt(key));
}

std::uint64_t Tombstones::additions() const {
  const MutexLock lock(mutex_);
  return additions_;
}

bool Tombstones::empty() const {
  const MutexLock lock(mutex_);
  return IsEmpty();
}

}  // namespace hb
