// simulate/jetstream_json.h - posts of the corpus as events of Jetstream. Internal to simulate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/corpus.h"

namespace hb::simulate {

/// "did:plc:" and 24 letters, from an author's number.
std::string DidOf(const Author& author);
/// The record key of a post: a TID (https://atproto.com/specs/tid) of its own.
std::string RecordKeyOf(const Post& post);
/// "at://did/app.bsky.feed.post/key".
std::string AtUriOf(const Post& post);
/// The first version of a post that is an edit, itself otherwise: an update keeps the key.
Post FirstVersion(const Corpus& corpus, Post post);

/// What happens at the moment of a post, as one event.
struct JetstreamEventText {
  std::string did, collection;  ///< collection "" for identities and accounts
  std::uint64_t post = 0;       ///< its index in the corpus
  bool creates = false;         ///< it tells of that post (and is no delete)
  std::uint64_t seq = 0;
  std::int64_t time_us = 0;
  std::string v1, v2;
};

/// Events in their order: which post, which of what happens at its moment.
///
/// A pure function of the corpus: each instance, and the same one after a restart, says the same.
class JetstreamScript {
 public:
  explicit JetstreamScript(const Corpus& corpus) : corpus_(corpus) {}
  /// Appends the events of `index`: the post (a like or a repost has a collection of its own), then
  /// the deletes of its moment; at times an identity or an account before it.
  void Events(std::uint64_t index, std::vector<JetstreamEventText>& out) const;
  /// The first index whose events can have a time or number from there on.
  [[nodiscard]] std::uint64_t FirstAtMicros(std::int64_t time_us) const;
  [[nodiscard]] static std::uint64_t FirstAtSeq(std::uint64_t seq) {
    return seq == 0 ? 0 : (seq - 1) / kEvents;
  }

 private:
  static constexpr std::uint64_t kEvents = 64;  ///< numbers that each index has for its events
  [[nodiscard]] std::int64_t MicrosOf(std::uint64_t index) const;
  void Add(std::uint64_t index, std::string did, std::string_view kind, std::string_view collection,
           const std::string& commit, std::vector<JetstreamEventText>& out) const;
  const Corpus& corpus_;
};

}  // namespace hb::simulate
