#include "wire/sse_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace hb {
namespace {

using testing::ElementsAre;

std::vector<std::string> EventsOf(std::string_view text, std::size_t piece) {
  std::vector<std::string> events;
  SseReader reader(
      100,
      [&](std::string_view type, std::string_view data) {
        events.push_back(std::string(type) + "|" + std::string(data));
        return true;
      },
      [&] { events.emplace_back(":"); });
  for (std::size_t at = 0; at < text.size(); at += piece)
    EXPECT_TRUE(reader.Read(text.substr(at, piece)).ok());
  return events;
}

TEST(SseReader, ReadsEventsWhateverThePieces) {
  constexpr std::string_view kText =
      "\xEF\xBB\xBF:thump\n\nevent: update\ndata: {\"a\":1}\n\nevent:delete\r\ndata:7\r\n\r\n"
      "id: 3\nretry: 10\ndata\ndata:  two \rdata: lines\r\r\nevent: nothing\n\nunknown\ndata: "
      "plain\n\ndata: never ended\n";
  for (std::size_t piece = 1; piece <= kText.size(); ++piece) {
    EXPECT_THAT(EventsOf(kText, piece), ElementsAre(":", "update|{\"a\":1}", "delete|7",
                                                    "message|\n two \nlines", "message|plain"))
        << piece;
  }
}

TEST(SseReader, WhatIsTooLongOrNotWantedIsSaid) {
  SseReader reader(10, [](std::string_view, std::string_view) { return false; }, {});
  const Status stopped = reader.Read(": x\ndata: a\n\ndata: b\n\n");
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
  for (const char* text : {"data: 0123456789012", "data: 123\ndata: 456\ndata: 789\ndata: 0\n\n"}) {
    SseReader small(10, [](std::string_view, std::string_view) { return true; }, {});
    const Status long_one = small.Read(text);
    ASSERT_FALSE(long_one.ok()) << text;
    EXPECT_EQ(long_one.error().code, Code::kExhausted);
  }
}

}  // namespace
}  // namespace hb
