// source/demo/script.h - what is said in each second of the demo, as a pure function.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"
#include "record/post_batch.h"
#include "source/demo/grammar.h"
#include "source/demo/tasks.h"

namespace hb {

/// A post of the demo, with the memory that its PostView needs.
struct DemoPost {
  EventTime time{};
  std::string id, content, lang, author, handle, country, conversation, chain, reply_to, repost_of;
  PostKind kind = PostKind::kPost;
  std::uint16_t flags = 0;
  std::int64_t followers = 0;
  std::vector<std::string> hashtags, urls;
};

/// Something that happens in a second: a post, the same post once more, its edit, or its delete; or
/// the source says that an outage is over, or that what it missed has been told.
struct DemoEvent {
  enum class Kind : std::uint8_t { kPost, kEdit, kDelete, kGap, kRefilled };
  Kind kind = Kind::kPost;
  std::int64_t offset_ms = 0;  ///< within the second
  std::int64_t second = 0;     ///< which post: its second
  std::uint32_t index = 0;     ///< and its place there
};

/// The script: every second is a function of (seed, second), so that a stream may begin, stop and
/// go on anywhere and any earlier post can be said again, quoted or deleted without being kept.
///
/// Mood     Each topic's share of happy and angry posts follows three slow waves.
/// Bursts   In most 8-minute blocks a hashtag rises within a minute or two, carried by many
/// authors,
///          and fades; one in eight is a campaign of three authors saying the same.
/// Outages  In every two hours a span in which nobody listened, mostly told afterwards (Outage).
/// Threads  Immutable once made.
class DemoScript {
 public:
  /// `rate`: posts a second on average over a day.
  DemoScript(std::uint64_t seed, double rate) : seed_(seed), rate_(rate) {}

  /// A span of seconds in which the demo's connection is down: nothing of it is told, until it is
  /// told late at `refill`.
  struct Outage {
    std::int64_t begin = 0, end = 0;
    std::int64_t refill = 0;  ///< 0: never
  };
  /// The outage of the two hours that hold `second`; all its times lie within them.
  [[nodiscard]] Outage OutageOf(std::int64_t second) const;

  /// What happens in `second` (Unix time), ordered by offset.
  void Events(std::int64_t second, std::vector<DemoEvent>& out) const;
  /// The post (second, index). Requires: index < Posts(second).
  void Compose(std::int64_t second, std::uint32_t index, DemoPost& out) const;
  /// The edited version of that post, said at `time`.
  void ComposeEdit(std::int64_t second, std::uint32_t index, EventTime time, DemoPost& out) const;
  [[nodiscard]] std::string IdOf(std::int64_t second, std::uint32_t index) const;
  [[nodiscard]] std::string AuthorOf(std::int64_t second, std::uint32_t index) const;
  /// Posts of `second`, those said again not counted.
  [[nodiscard]] std::uint32_t Posts(std::int64_t second) const;
  /// -1 (angry) .. 1 (happy).
  [[nodiscard]] double Mood(std::size_t topic, std::int64_t second) const;

 private:
  struct Burst {
    std::size_t topic = 0;
    std::string_view hashtag;
    double rate = 0;  // posts a second now
    double mood = 0;
    bool campaign = false;
    std::uint64_t id = 0;
  };
  struct Facts;  // what is decided about a post before its text
  [[nodiscard]] DemoRandom Random(std::uint64_t what, std::int64_t second,
                                  std::uint64_t index) const;
  [[nodiscard]] std::vector<Burst> Bursts(std::int64_t second) const;
  [[nodiscard]] std::uint32_t Quiet(std::int64_t second) const;
  [[nodiscard]] Facts Decide(std::int64_t second, std::uint32_t index) const;
  void Write(const Facts& facts, DemoPost& out) const;
  void WriteAuthor(const Facts& facts, DemoPost& out) const;
  void WriteSentence(const Facts& facts, DemoRandom& random, std::string& text) const;
  void WriteEmoji(const Facts& facts, DemoRandom& random, std::string& text) const;
  bool PickEarlier(std::int64_t second, std::int64_t nearest, std::int64_t span, DemoRandom& random,
                   bool plain, DemoEvent& out) const;

  std::uint64_t seed_;
  double rate_;
};

}  // namespace hb
