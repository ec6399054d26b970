// wire/json_posts.h - posts and events out of JSON texts, whoever wrote them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/columns.h"
#include "wire/output.h"

namespace hb {

/// Whose JSON it is.
enum class JsonFormat : std::uint8_t {
  kAuto,       ///< looked at for each text
  kX2,         ///< X API v2: stream messages, search bodies, single posts, compliance events
  kX1,         ///< X API v1.1: posts and notices
  kJetstream,  ///< Bluesky Jetstream, v1 and v2
  kMastodon,   ///< Mastodon: statuses and messages of its stream over WebSocket
  kExport,     ///< our own, docs/formats/export.md
  kGeneric,    ///< flat objects with members named as in wire/columns.h
};

/// Reads one JSON text at a time. A text may hold many posts (a search body) or none (a keep-alive
/// of another kind, a like): then only `skipped` of the sink grows.
///
/// Threads  One at a time.
/// Errors   kInvalidArgument if the text as a whole cannot be used; nothing was appended. A part of
/// it
///          that cannot be used becomes a fault of the sink, and the others are kept.
class JsonPosts {
 public:
  /// Bytes behind a text that should be readable, so that it need not be copied.
  static constexpr std::size_t kPadding = 64;

  explicit JsonPosts(JsonFormat format = JsonFormat::kAuto, ColumnMap map = {});
  ~JsonPosts();
  JsonPosts(JsonPosts&&) noexcept;
  JsonPosts& operator=(JsonPosts&&) noexcept;

  /// `readable_after`: bytes behind `text` that may be read.
  Status Parse(std::string_view text, std::size_t readable_after, const WireRow& row,
               WireSink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hb
