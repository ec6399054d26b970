#include "serve/static_files.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace hb {
namespace {

constexpr StaticFile kFiles[] = {
    {.path = "/index.html", .content_type = "text/html", .bytes = "page", .gzip = "gz", .tag = "1"},
    {.path = "/assets/a-1.js",
     .content_type = "text/javascript",
     .bytes = "js",
     .gzip = "jz",
     .tag = "2"},
    {.path = "/assets/f-1.woff2", .content_type = "font/woff2", .bytes = "font", .tag = "3"},
    {.path = "/favicon.svg", .content_type = "image/svg+xml", .bytes = "svg"}};

HttpResponse Get(const std::string& path, std::map<std::string, std::string> headers = {},
                 const std::string& method = "GET") {
  HttpRequest request;
  request.method = method;
  request.path = path;
  request.headers = std::move(headers);
  return StaticPage(request, kFiles);
}
std::string HeaderOf(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(none)";
}

TEST(StaticFiles, AClientThatTakesGzipIsGivenIt) {
  const HttpResponse plain = Get("/");
  EXPECT_EQ(plain.body, "page");
  EXPECT_EQ(HeaderOf(plain, "Content-Encoding"), "(none)");
  EXPECT_EQ(HeaderOf(plain, "Vary"), "Accept-Encoding");
  const HttpResponse packed = Get("/posts", {{"accept-encoding", "gzip, deflate, br"}});
  EXPECT_EQ(packed.status, 200);
  EXPECT_EQ(packed.body, "gz");
  EXPECT_EQ(packed.content_type, "text/html");
  EXPECT_EQ(HeaderOf(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(HeaderOf(packed, "Vary"), "Accept-Encoding");
  EXPECT_NE(HeaderOf(packed, "ETag"), HeaderOf(plain, "ETag"));
  // What is compressed already comes as it is.
  const HttpResponse font = Get("/assets/f-1.woff2", {{"accept-encoding", "gzip"}});
  EXPECT_EQ(font.body, "font");
  EXPECT_EQ(HeaderOf(font, "Content-Encoding"), "(none)");
  EXPECT_EQ(HeaderOf(font, "Vary"), "(none)");
  EXPECT_EQ(Get("/assets/a-1.js", {{"accept-encoding", "gzip"}}, "HEAD").body, "jz")
      << "whose length the head tells";
}

TEST(StaticFiles, WhatAClientHasIsNotSentAgain) {
  for (const char* encoding : {"", "gzip"}) {
    const HttpResponse first = Get("/", {{"accept-encoding", encoding}});
    const std::string tag = HeaderOf(first, "ETag");
    const HttpResponse again = Get("/", {{"accept-encoding", encoding}, {"if-none-match", tag}});
    EXPECT_EQ(again.status, 304) << encoding;
    EXPECT_EQ(again.body, "");
    for (const char* kept : {"ETag", "Cache-Control", "Vary"})
      EXPECT_EQ(HeaderOf(again, kept), HeaderOf(first, kept)) << kept;
    EXPECT_EQ(HeaderOf(again, "Content-Encoding"), "(none)");
    EXPECT_EQ(Get("/", {{"accept-encoding", encoding}, {"if-none-match", "\"0\""}}).status, 200);
  }
  // The other form of the same file is not what it has.
  const std::string plain = HeaderOf(Get("/"), "ETag");
  EXPECT_EQ(Get("/", {{"accept-encoding", "gzip"}, {"if-none-match", plain}}).status, 200);
  // What is not there has not stayed the same.
  const HttpResponse astray = Get("/nowhere", {{"accept", "text/html"}, {"if-none-match", "*"}});
  EXPECT_EQ(astray.status, 404);
  EXPECT_EQ(astray.body, "page");
}

TEST(StaticFiles, OnlyFilesAndPagesAreThere) {
  EXPECT_EQ(Get("/favicon.ico").body, "svg");
  EXPECT_EQ(Get("/task/a b/c").body, "page");
  EXPECT_EQ(Get("/assets/b.js", {{"accept", "text/html"}}).status, 404);
  EXPECT_EQ(Get("/assets/b.js").content_type, "application/problem+json");
  EXPECT_EQ(Get("/../etc/passwd").status, 404);
  EXPECT_EQ(Get("/", {}, "POST").status, 405);
}

TEST(StaticFiles, AnAcceptEncodingSaysWhetherGzipIsTaken) {
  for (const char* yes : {"gzip", "GZIP", "x-gzip", "br, gzip", "gzip;q=0.1", "gzip ; q=1.0", "*",
                          "br;q=0, *;q=0.5", "identity;q=0, gzip;q=0.001", "gzip;x=0"})
    EXPECT_TRUE(AcceptsGzip(yes)) << yes;
  for (const char* no : {"", " ", "identity", "br", "gzip;q=0", "gzip;q=0.000", "gzip; Q=0, *",
                         "*, gzip;q=0", "*;q=0", "gzipped", ",,;;=,", "br;gzip"})
    EXPECT_FALSE(AcceptsGzip(no)) << no;
}

TEST(StaticFiles, AnIfNoneMatchNamesTags) {
  for (const char* yes : {"\"a\"", "W/\"a\"", "\"b\", \"a\"", " \"b\" ,W/\"a\" ", "*"})
    EXPECT_TRUE(NamesTag(yes, "\"a\"")) << yes;
  for (const char* no : {"", "a", "\"ab\"", "w/\"a\"", "\"b\"", ",", "\"a"})
    EXPECT_FALSE(NamesTag(no, "\"a\"")) << no;
}

}  // namespace
}  // namespace hb
