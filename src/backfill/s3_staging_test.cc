#include "backfill/s3_staging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hb::backfill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(S3Listing, NamesKeysAndSaysWhetherThereAreMore) {
  const auto page = ParseS3Listing(
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><Name>b</Name><IsTruncated>true"
      "</IsTruncated><NextContinuationToken>1/a+b&amp;=</NextContinuationToken><Contents><Key>"
      "p/one</Key><Size>12</Size></Contents><Contents><Key>p/a&amp;lt;</Key></Contents>"
      "</ListBucketResult>");
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(page.value().keys, ElementsAre("p/one", "p/a&lt;"));
  EXPECT_EQ(page.value().next_token, "1/a+b&=");
  const auto last =
      ParseS3Listing("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
  ASSERT_TRUE(last.ok());
  EXPECT_THAT(last.value().keys, IsEmpty());
  EXPECT_EQ(last.value().next_token, "");
}

TEST(S3Listing, WhatIsNoneIsRefused) {
  for (const char* body :
       {"", "<html>sign in</html>", "<ListBucketResult><Contents><Key>cut off",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
    const auto refused = ParseS3Listing(body);
    ASSERT_FALSE(refused.ok()) << body;
    EXPECT_EQ(refused.error().code, Code::kCorrupt);
  }
}

TEST(S3Staging, AnAccessThatIsNotWholeIsRefused) {
  const S3Access whole{.endpoint = "http://127.0.0.1:1",
                       .region = "eu-central-1",
                       .bucket = "posts",
                       .prefix = "",
                       .key = "k",
                       .secret = "s"};
  EXPECT_TRUE(OpenS3Staging(whole).ok());
  const auto refusal = [&](auto change) {
    S3Access access = whole;
    change(access);
    const auto opened = OpenS3Staging(access);
    return opened.ok() ? std::string("none") : opened.error().message;
  };
  EXPECT_THAT(refusal([](S3Access& a) { a.bucket = ""; }), HasSubstr("storage.bucket"));
  EXPECT_THAT(refusal([](S3Access& a) { a.bucket = "../x"; }), HasSubstr("no name of a bucket"));
  EXPECT_THAT(refusal([](S3Access& a) { a.region = ""; }), HasSubstr("storage.region"));
  EXPECT_THAT(refusal([](S3Access& a) { a.secret = ""; }), HasSubstr("AWS_SECRET_ACCESS_KEY"));
  EXPECT_THAT(refusal([](S3Access& a) { a.endpoint = "ftp://x"; }), HasSubstr("storage.endpoint"));
}

}  // namespace
}  // namespace hb::backfill
