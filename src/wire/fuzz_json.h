// wire/fuzz_json.h - what every fuzz target of a JSON format checks. For *_fuzz.cc only.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "wire/export.h"
#include "wire/json_posts.h"
#include "wire/times.h"

namespace hb {

/// Parses the bytes and aborts if what came out breaks a promise: text is valid UTF-8, times lie in
/// their bounds, every column has every row, an error appends nothing, an export reads back.
inline int FuzzJson(JsonFormat format, const std::uint8_t* data, std::size_t size) {
  JsonPosts reader(format);
  PostBatch posts;
  std::vector<Redaction> redactions;
  std::vector<WireFault> faults;
  WireSink sink{.posts = posts, .redactions = redactions, .faults = faults};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Status status = reader.Parse(text, 0, {.source = "fuzz", .row_id = "r#1"}, sink);
  if (!status.ok() && (!posts.empty() || !redactions.empty() || !faults.empty())) std::abort();
  if (posts.hashtags.size() != posts.size() || posts.urls.size() != posts.size()) std::abort();
  for (std::size_t i = 0; i < posts.size(); ++i) {
    const PostView post = posts.Row(i);
    for (const std::string_view value :
         {post.id, post.content, post.lang, post.author, post.handle, post.country,
          post.conversation, post.chain, post.reply_to, post.repost_of}) {
      if (!IsValidUtf8(value)) std::abort();
    }
    if (post.id.empty() || post.time < kMinPostTime || post.time >= kMaxPostTime) std::abort();
    std::string line;
    AppendExportLine(posts, i, line);
    PostBatch again;
    std::vector<Redaction> none;
    WireSink back{.posts = again, .redactions = none, .faults = faults};
    if (!reader.Parse(line, 0, {.source = "fuzz", .row_id = "r#1"}, back).ok() &&
        format == JsonFormat::kExport) {
      std::abort();
    }
    if (format == JsonFormat::kExport &&
        (again.size() != 1 || again.Row(0).content != post.content))
      std::abort();
  }
  return 0;
}

}  // namespace hb
