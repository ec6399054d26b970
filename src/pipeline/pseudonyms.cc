#include "pipeline/pseudonyms.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <utility>

#include "pipeline/topics.h"
#include "record/identity.h"

namespace hb {

namespace {

constexpr std::string_view kPrefix = "hb:";
constexpr std::size_t kNameBytes = 16;  // 128 bits: no two authors meet
constexpr std::string_view kAtUri = "at://";
/// Where the log says how it names authors. No source has an identity like it.
constexpr char kStateKey[] = "\nauthors";

bool IsName(std::string_view text) {
  return text.size() == kPrefix.size() + 2 * kNameBytes && text.starts_with(kPrefix) &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == text.npos;
}

/// What is before the first of `ends`, which is taken from `text` with it.
std::string_view TakeUntil(std::string_view& text, std::string_view ends) {
  const std::size_t end = std::min(text.find_first_of(ends), text.size());
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// Whether an address is of an account, or of a post and names its author.
bool NamesAnAuthor(std::string_view url) {
  if (url.starts_with(kAtUri) || url.find("did:plc:") != url.npos) return true;
  if (const std::size_t scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  std::string_view path = url.substr(0, url.find_first_of("?#"));
  std::string host = Lower(TakeUntil(path, "/"));
  host.erase(std::min(host.find(':'), host.size()));
  for (const std::string_view front : {"www.", "mobile.", "m."}) {
    if (host.starts_with(front)) host.erase(0, front.size());
  }
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string first = Lower(TakeUntil(path, "/"));
  const std::string second = Lower(TakeUntil(path, "/"));
  if (first.starts_with('@') || first.starts_with("%40")) return true;
  if (first == "users" && !second.empty()) return true;
  if (host == "bsky.app") return (first == "profile" || first == "starter-pack") && !second.empty();
  if (host != "x.com" && host != "twitter.com") return false;
  // Any other first part is a name, or may have one behind it (/intent, /search).
  if (first == "i") return second == "user";
  return !first.empty() && first != "hashtag" && first != "home" && first != "explore";
}

/// `column` with each value as `append` writes it.
template <typename Append>
void Rewrite(StringColumn& column, Append append) {
  StringColumn out;
  out.Reserve(column.size(), column.bytes());
  for (std::size_t row = 0; row < column.size(); ++row) {
    append(column[row], out.Open());
    out.Close();
  }
  column = std::move(out);
}

/// Whether the log has posts of an ingest of ours.
Result<bool> HoldsPosts(Log& log) {
  HB_ASSIGN(const std::vector<TopicInfo> topics, log.Topics());
  for (const TopicInfo& topic : topics) {
    if (topic.spec.name != kIngestTopic) continue;
    for (const PartitionInfo& partition : topic.partitions) {
      if (ToInt(partition.end) > 0) return true;
    }
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<Pseudonyms>> Pseudonyms::Create(std::string key) {
  if (key.size() < kLeastKeyBytes) {
    return Error{Code::kInvalidArgument, "the key of authors' names has " +
                                             std::to_string(key.size()) + " bytes, at least " +
                                             std::to_string(kLeastKeyBytes) + " are needed"};
  }
  return std::unique_ptr<Pseudonyms>(new Pseudonyms(std::move(key)));
}

Pseudonyms::~Pseudonyms() { OPENSSL_cleanse(key_.data(), key_.size()); }

void Pseudonyms::AppendName(std::string_view of, std::string& out) const {
  constexpr char kHex[] = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(of.data()), of.size(), digest, &size);
  out += kPrefix;
  for (std::size_t i = 0; i < kNameBytes; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
}

void Pseudonyms::AppendAuthor(std::string_view author, std::string& out) const {
  if (author.empty() || IsName(author)) {
    out += author;
  } else {
    AppendName(author, out);
  }
}

void Pseudonyms::AppendPost(std::string_view id, std::string& out) const {
  if (const auto edited = SplitEditedId(id)) {
    // Else versions of one post would not be known as such.
    out += EditedId(OfPost(edited->id), edited->version);
  } else if (id.starts_with(kAtUri)) {
    const std::size_t end = std::min(id.find('/', kAtUri.size()), id.size());
    out += kAtUri;
    AppendAuthor(id.substr(kAtUri.size(), end - kAtUri.size()), out);
    out += id.substr(end);
  } else if (id.find("://") != id.npos) {
    AppendName(id, out);
  } else {
    out += id;
  }
}

std::string Pseudonyms::OfAuthor(std::string_view author) const {
  std::string out;
  AppendAuthor(author, out);
  return out;
}

std::string Pseudonyms::OfPost(std::string_view id) const {
  std::string out;
  AppendPost(id, out);
  return out;
}

void Pseudonyms::Hide(PostBatch& posts) const {
  const auto author = [&](std::string_view text, std::string& out) { AppendAuthor(text, out); };
  const auto post = [&](std::string_view text, std::string& out) { AppendPost(text, out); };
  for (StringColumn* column : {&posts.author, &posts.reply_to, &posts.repost_of}) {
    Rewrite(*column, author);
  }
  Rewrite(posts.handle, [](std::string_view, std::string&) {});
  for (StringColumn* column : {&posts.conversation, &posts.chain}) Rewrite(*column, post);
  ListColumn urls;
  for (std::size_t row = 0; row < posts.urls.size(); ++row) {
    for (const std::string_view url : posts.urls[row]) {
      if (!NamesAnAuthor(url)) urls.Push(url);
    }
    urls.EndRow();
  }
  posts.urls = std::move(urls);
  StringColumn ids;
  for (std::size_t row = 0; row < posts.size(); ++row) {
    AppendPost(posts.id[row], ids.Open());
    ids.Close();
    if (ids[row] != posts.id[row]) posts.key[row] = KeyOf(ids[row]);
  }
  posts.id = std::move(ids);
}

void Pseudonyms::Hide(Redaction& redaction) const {
  redaction.author = OfAuthor(redaction.author);
  std::string id = OfPost(redaction.id);
  if (id == redaction.id) return;
  redaction.key = KeyOf(id);
  redaction.id = std::move(id);
}

void Pseudonyms::Hide(DeadLetter& letter) const {
  if (!letter.raw.empty()) letter.cut = true;
  letter.raw.clear();
  letter.row_id.clear();
}

Status Pseudonyms::CheckLog(Log& log, const Pseudonyms* pseudonyms, bool foreign) {
  std::string wanted;
  if (pseudonyms != nullptr) pseudonyms->AppendName("heartbeat: whose key is it?", wanted);
  auto found = log.GetState(kCursorState, Partition{0}, kStateKey);
  if (!found.ok() && found.error().code != Code::kNotFound) return found.error();
  if (found.ok() && found.value() == wanted) return Ok();
  if (found.ok()) {
    return Error{Code::kInvalidArgument,
                 pseudonyms == nullptr
                     ? "the log holds hashed authors, and privacy.authors is \"plain\": deletes "
                       "would not find them; set \"hashed\", or take another data folder"
                     : "the log holds authors that were hashed with another key: deletes would not "
                       "find them; take the key of then, or another data folder"};
  }
  if (pseudonyms == nullptr) return Ok();
  HB_ASSIGN(const bool holds_posts, HoldsPosts(log));
  if (holds_posts && !foreign) {
    return Error{Code::kInvalidArgument,
                 "the log holds authors as they are, and privacy.authors is \"hashed\": deletes "
                 "would not find them; set \"plain\", or take another data folder"};
  }
  HB_ASSIGN(const auto transaction, log.Begin("authors"));
  transaction->PutState(kCursorState, Partition{0}, kStateKey, wanted);
  HB_TRY(transaction->Commit());
  return Ok();
}

}  // namespace hb
