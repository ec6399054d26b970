// Any bytes, read as a status, an event or a page of a timeline: an error or posts of valid UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "wire/fuzz_json.h"
#include "wire/mastodon_posts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb;
  FuzzJson(JsonFormat::kMastodon, data, size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  MastodonPosts reader({.host = "a.example", .keep_bots = false});
  const WireRow row{.source = "fuzz", .row_id = {}, .arrival = FromMillis(1'700'000'000'000)};
  for (int way = 0; way < 3; ++way) {
    PostBatch posts;
    std::vector<Redaction> redactions;
    std::vector<WireFault> faults;
    WireSink sink{.posts = posts, .redactions = redactions, .faults = faults};
    const bool ok = way == 0   ? reader.Event("status.update", text, row, sink).ok()
                    : way == 1 ? reader.Event("delete", text, row, sink).ok()
                               : reader.Message(text, row, sink).ok();
    if (!ok && (!posts.empty() || !redactions.empty())) std::abort();
    for (std::size_t i = 0; i < posts.size(); ++i) {
      const PostView post = posts.Row(i);
      if (post.id.empty() || post.time > row.arrival) std::abort();
      for (const std::string_view value : {post.id, post.content, post.author, post.chain}) {
        if (!IsValidUtf8(value)) std::abort();
      }
    }
  }
  if (const auto event = MastodonPosts::SplitMessage(text); event.ok()) {
    if (event.value().type.empty() || !IsValidUtf8(event.value().data)) std::abort();
  }
  if (const auto page = MastodonPosts::Split(text); page.ok()) {
    for (const std::string& status : page.value().statuses) MastodonPosts::IdOf(status);
  }
  return 0;
}
