// First byte: which decoder. What it accepts must be written again and read to the same.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "record/avro_post.h"

namespace {

template <typename Encode, typename Decode>
void AgainIsTheSame(const Encode& encode, const Decode& decode) {
  std::string first, second;
  encode(first);
  decode(first);
  encode(second);
  if (first != second) std::abort();
}

void Must(const hb::Status& status) {
  if (!status.ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  hb::PostBatch posts;
  switch (data[0] % 4) {
    case 0:
      if (hb::DecodeTweet(bytes, posts).ok()) {
        AgainIsTheSame([&](std::string& out) { hb::EncodeTweet(posts, 0, out); },
                       [&](std::string_view again) {
                         posts.Clear();
                         Must(hb::DecodeTweet(again, posts));
                       });
      }
      break;
    case 1:
      if (hb::DecodeClassicTweet(bytes, posts).ok()) {
        AgainIsTheSame([&](std::string& out) { hb::EncodeClassicTweet(posts, 0, out); },
                       [&](std::string_view again) {
                         posts.Clear();
                         Must(hb::DecodeClassicTweet(again, posts));
                       });
      }
      break;
    case 2: {
      auto shared = std::make_shared<hb::PostBatch>();
      hb::AnalysisBatch batch;
      if (hb::DecodeAnalysis(bytes, *shared, batch).ok()) {
        batch.posts = shared;
        AgainIsTheSame([&](std::string& out) { hb::EncodeAnalysis(batch, 0, out); },
                       [&](std::string_view again) {
                         batch.Clear();
                         shared->Clear();
                         Must(hb::DecodeAnalysis(again, *shared, batch));
                         batch.posts = shared;
                       });
      } else if (batch.size() != 0 || !shared->empty() || batch.words.size() != 0) {
        std::abort();
      }
      break;
    }
    default: {
      hb::SentimentRecord record;
      (void)hb::DecodeSentiment(bytes, record);
    }
  }
  if (posts.tasks.size() != posts.size() || posts.urls.size() != posts.size()) std::abort();
  return 0;
}
