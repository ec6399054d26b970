#include "pipeline/foreign_posts.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "pipeline/set_aside.h"
#include "record/avro_post.h"
#include "record/classic_form.h"
#include "record/identity.h"

namespace hb {

namespace {

bool IsForeign(std::string_view source) { return source.empty() || source == kForeignSource; }

/// The post as it counts: with a key, an id and a source.
PostView Completed(PostView post, std::uint64_t record_key, std::string& id) {
  if (ToInt(post.key) == 0) post.key = PostKey{record_key};
  if (post.id.empty()) {
    id = IdOf(post.key);
    post.id = id;
  }
  if (post.source.empty()) post.source = kForeignSource;
  return post;
}

}  // namespace

Result<bool> ForeignPosts::IsNew(Partition partition, PostKey key, Transaction& transaction,
                                 EventTime now) {
  auto& seen = seen_[ToInt(partition)];
  if (!seen) seen = std::make_unique<SeenKeys>(log_, horizon_, /*shared=*/true, partition);
  if (!fresh_[ToInt(partition)].insert(ToInt(key)).second) return false;
  HB_ASSIGN(const bool known, seen->Contains(key, now));
  if (known) return false;
  HB_TRY(seen->Record(transaction, key, now));
  return true;
}

Result<std::shared_ptr<const PostBatch>> ForeignPosts::Take(const FetchedBatch& batch,
                                                            Transaction& transaction, EventTime now,
                                                            std::vector<DeadLetter>& dead) {
  TakeBadRecords(batch, now, dead);
  const RecordBatch& records = *batch.records;
  auto posts = std::make_shared<PostBatch>();
  std::vector<std::size_t> rows;
  std::vector<BadValue> bad;
  DecodeTweets(records.values, batch.first_row, *posts, rows, bad);
  for (const BadValue& value : bad) {
    const std::string_view bytes = records.values[value.row];
    if (DecodeThreeFields(bytes, *posts).ok()) {
      rows.push_back(value.row);
      continue;
    }
    dead.push_back(LetterOf(batch, value.row, bytes, bytes.size(), value.error.message, now));
  }
  for (DeadLetter& letter : dead) {
    if (pseudonyms_ != nullptr) pseudonyms_->Hide(letter);
  }
  const auto foreign = [&](std::size_t row) { return IsForeign(posts->source[row]); };
  std::size_t first = 0;
  while (first < posts->size() && !foreign(first)) ++first;
  if (first == posts->size()) return std::shared_ptr<const PostBatch>(std::move(posts));
  // Those of our own ingest have such names already, and keep them.
  if (pseudonyms_ != nullptr) pseudonyms_->Hide(*posts);

  auto kept = std::make_shared<PostBatch>();
  std::string id;
  for (std::size_t row = 0; row < posts->size(); ++row) {
    if (!foreign(row)) {
      kept->AppendRow(*posts, row);
      continue;
    }
    const PostView post = Completed(posts->Row(row), records.keys[rows[row]], id);
    HB_ASSIGN(const bool is_new, IsNew(batch.partition, post.key, transaction, now));
    if (!is_new) {
      ++duplicates_;
      continue;
    }
    for (const std::string_view url : posts->urls[row]) kept->urls.Push(url);
    for (const std::string_view tag : posts->hashtags[row]) kept->hashtags.Push(tag);
    kept->Append(post);
    kept->tasks.AppendRow(posts->tasks[row]);
    kept->rules_version.push_back(posts->rules_version[row]);
  }
  return std::shared_ptr<const PostBatch>(std::move(kept));
}

void ForeignPosts::Committed() {
  for (const auto& [partition, keys] : fresh_) {
    for (const std::uint64_t key : keys) seen_[partition]->Remember(PostKey{key});
  }
  fresh_.clear();
}

}  // namespace hb
