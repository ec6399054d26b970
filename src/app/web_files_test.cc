#include "app/web_files.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <set>
#include <string>

namespace hb {
namespace {

/// What a gzip file holds; "" if it is none.
std::string Unpacked(std::string_view gzip, std::size_t size) {
  std::string out(size + 1, '\0');
  z_stream stream{};
  if (::inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return "";
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int end = ::inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return end == Z_STREAM_END ? out : "";
}

TEST(WebFiles, TextsAreEmbeddedCompressedToo) {
  if (WebFiles().empty()) GTEST_SKIP() << "web/dist was not built";
  std::set<std::string_view> tags;
  std::size_t plain = 0, packed = 0;
  for (const StaticFile& file : WebFiles()) {
    EXPECT_TRUE(tags.insert(file.tag).second) << file.path;
    plain += file.bytes.size();
    packed += file.gzip.empty() ? file.bytes.size() : file.gzip.size();
    const bool is_text = file.content_type.rfind("text/", 0) == 0;
    EXPECT_EQ(file.gzip.empty(), !is_text && file.content_type.rfind("image/svg", 0) != 0)
        << file.path;
    if (!file.gzip.empty()) {
      EXPECT_EQ(Unpacked(file.gzip, file.bytes.size()), file.bytes) << file.path;
    }
  }
  EXPECT_FALSE(tags.contains(""));
  RecordProperty("plain_bytes", std::to_string(plain));
  RecordProperty("packed_bytes", std::to_string(packed));
  EXPECT_LT(packed, plain * 2 / 3);
}

}  // namespace
}  // namespace hb
