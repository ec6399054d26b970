// simulate/corpus.h - what the stand-ins play.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "record/post_batch.h"
#include "record/redaction.h"

namespace hb::simulate {

struct Author {
  std::uint64_t id = 0;  ///< a number below 2^63, the same for the same handle
  std::string handle;    ///< without @
  std::string name;
  std::string country;  ///< ISO 3166-1 alpha-2, or ""
  std::int64_t followers = 0;
  bool verified = false;
  bool bot = false;
};

/// One post as it is played. A plain value, owning all that it says.
struct Post {
  std::uint64_t index = 0;  ///< its place in the corpus; of an original outside of it: npos
  EventTime time{};         ///< when it is said
  std::uint64_t id = 0;     ///< an X id that holds its time; grows with the index
  std::string text;
  std::string lang;  ///< "" where nobody says
  Author author;
  PostKind kind = PostKind::kPost;
  std::uint16_t flags = 0;                  ///< PostFlag bits
  std::shared_ptr<const Post> original;     ///< what is repeated, quoted or answered
  std::optional<std::uint64_t> edits;       ///< index of the version that this one replaces
  std::uint64_t edited_id = 0;              ///< and its id
  std::vector<std::string> hashtags, urls;  ///< without '#'; expanded addresses
  static constexpr std::uint64_t npos = std::numeric_limits<std::uint64_t>::max();
};

/// Posts without an end (but see Options::loop), each a pure function of its index: any moment can
/// be asked for, so that a stream, a search for yesterday and a replay from a cursor all agree, and
/// nothing that was played is kept.
///
/// Time     Post 0 is said at Options::begin. Nothing here reads a clock.
/// Threads  Immutable once made.
/// Memory   What was given; nothing for posts that are made up.
class Corpus {
 public:
  struct Options {
    EventTime begin{};  ///< before "now" by as much history as a stand-in should have
    double rate = 0;    ///< posts a second; 0: 25, or the given posts' own times
    double speed = 1;   ///< how fast the given posts' own times pass, where rate is 0
    std::uint64_t seed = 1;
    bool loop = true;  ///< given posts begin again, with new ids, when all are played
    double reposts = 0.2, replies = 0.12, quotes = 0.06;  ///< shares of the posts made up
    double edits = 0.005, deletes = 0.007;                ///< likewise
  };

  /// Posts made up from the seed.
  static Result<std::shared_ptr<const Corpus>> MakeUp(const Options& options);
  /// Plays `posts`, earliest first, with new ids and times; of `redactions` the deletes of single
  /// posts among them. kInvalidArgument: no posts, or a rate or speed that is none.
  static Result<std::shared_ptr<const Corpus>> Play(const Options& options, PostBatch posts,
                                                    const std::vector<Redaction>& redactions);

  virtual ~Corpus() = default;
  /// One past the last index; Post::npos for a corpus without end.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Requires: index < size(), here and below. Never goes back as the index grows.
  [[nodiscard]] virtual EventTime TimeOf(std::uint64_t index) const = 0;
  /// The first index with TimeOf(index) >= time, or size().
  [[nodiscard]] virtual std::uint64_t FirstAt(EventTime time) const = 0;
  [[nodiscard]] virtual Post Get(std::uint64_t index) const = 0;
  /// The post at whose moment `index` is deleted; nothing: it stays.
  [[nodiscard]] virtual std::optional<std::uint64_t> DeletedBy(std::uint64_t index) const = 0;
  /// The posts that are deleted at the moment of `index`, ascending.
  [[nodiscard]] virtual std::vector<std::uint64_t> Deletes(std::uint64_t index) const = 0;

  /// The X id of a post: its moment and the low bits of its index (made as Snowflake ids are).
  [[nodiscard]] std::uint64_t IdOf(std::uint64_t index) const;
  /// The index of that id, if a post has it.
  [[nodiscard]] std::optional<std::uint64_t> IndexOf(std::uint64_t id) const;
};

}  // namespace hb::simulate
