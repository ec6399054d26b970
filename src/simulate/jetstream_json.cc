#include "simulate/jetstream_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/hash.h"
#include "base/json.h"

namespace hb::simulate {

namespace {

constexpr std::string_view kLetters = "234567abcdefghijklmnopqrstuvwxyz";  ///< in sorting order
constexpr std::string_view kPosts = "app.bsky.feed.post", kReposts = "app.bsky.feed.repost";
constexpr std::uint64_t kIdentityEvery = 97, kAccountEvery = 131;

std::string Base32(std::uint64_t number, std::size_t digits) {
  std::string text(digits, kLetters[0]);
  for (std::size_t i = digits; i > 0; --i, number >>= 5) text[i - 1] = kLetters[number & 31];
  return text;
}

std::string Cid(std::string_view of) {
  const std::uint64_t a = Hash64(of), b = Hash64(of, 1), c = Hash64(of, 2), d = Hash64(of, 3);
  return "bafyrei" + Base32(a, 13) + Base32(b, 13) + Base32(c, 13) + Base32(d, 13);
}

/// 2026-01-01T00:00:00.000123Z.
std::string IsoMicros(std::int64_t micros) {
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(micros)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::string Reference(const Post& post) {
  const std::string uri = AtUriOf(post);
  return fmt::format(R"({{"cid":"{}","uri":"{}"}})", Cid(uri), uri);
}

/// Tags and links of the text; offsets are UTF-8 bytes.
std::string Facets(const Post& post) {
  std::string facets;
  const auto add = [&](std::string_view shown, std::string_view kind, const std::string& value) {
    const std::size_t at = post.text.find(shown);
    if (at == std::string::npos) return;
    facets += fmt::format(
        R"({}{{"features":[{{"$type":"app.bsky.richtext.facet#{}",{}}}],"index":{{"byteEnd":{},"byteStart":{}}}}})",
        facets.empty() ? "" : ",", kind, value, at + shown.size(), at);
  };
  for (const std::string& tag : post.hashtags) add("#" + tag, "tag", R"("tag":)" + JsonQuote(tag));
  for (const std::string& url : post.urls) add(url, "link", R"("uri":)" + JsonQuote(url));
  return facets;
}

std::string Embed(const Post& post) {
  const bool quotes = post.kind == PostKind::kQuote && post.original;
  const std::string media =
      (post.flags & kFlagVideo) != 0
          ? R"({"$type":"app.bsky.embed.video","video":{"$type":"blob","mimeType":"video/mp4","size":1}})"
      : (post.flags & (kFlagImages | kFlagMedia)) != 0
          ? R"({"$type":"app.bsky.embed.images","images":[{"alt":"","image":{"$type":"blob","mimeType":"image/jpeg","size":1}}]})"
          : "";
  if (!quotes) return media;
  const std::string quoted = Reference(*post.original);
  if (media.empty()) return R"({"$type":"app.bsky.embed.record","record":)" + quoted + "}";
  return fmt::format(
      R"({{"$type":"app.bsky.embed.recordWithMedia","media":{},"record":{{"$type":"app.bsky.embed.record","record":{}}}}})",
      media, quoted);
}

std::string Record(const Post& post, std::int64_t created_us) {
  const std::string created = IsoMicros(created_us);
  if (post.kind == PostKind::kRepost && post.original) {
    return fmt::format(R"({{"$type":"{}","createdAt":"{}","subject":{}}})", kReposts, created,
                       Reference(*post.original));
  }
  std::string record = fmt::format(R"({{"$type":"{}","createdAt":"{}")", kPosts, created);
  if (const std::string embed = Embed(post); !embed.empty()) record += R"(,"embed":)" + embed;
  if (const std::string facets = Facets(post); !facets.empty())
    record += R"(,"facets":[)" + facets + "]";
  if (!post.lang.empty()) record += fmt::format(R"(,"langs":["{}"])", post.lang);
  if (post.kind == PostKind::kReply && post.original) {
    const std::string to = Reference(*post.original);
    record += fmt::format(R"(,"reply":{{"parent":{},"root":{}}})", to, to);
  }
  return record + R"(,"text":)" + JsonQuote(post.text) + "}";
}

}  // namespace

std::string DidOf(const Author& author) {
  return "did:plc:" + Base32(Hash64("author", author.id), 12) + Base32(author.id, 12);
}

std::string RecordKeyOf(const Post& post) { return "3" + Base32(post.id, 12); }

std::string AtUriOf(const Post& post) {
  return fmt::format("at://{}/{}/{}", DidOf(post.author), kPosts, RecordKeyOf(post));
}

Post FirstVersion(const Corpus& corpus, Post post) {
  while (post.edits) post = corpus.Get(*post.edits);
  return post;
}

std::int64_t JetstreamScript::MicrosOf(std::uint64_t index) const {
  const EventTime time = corpus_.TimeOf(index);
  const std::uint64_t before = index - corpus_.FirstAt(time);  // posts of the same millisecond
  return ToMillis(time) * 1000 + static_cast<std::int64_t>(std::min<std::uint64_t>(before, 999));
}

std::uint64_t JetstreamScript::FirstAtMicros(std::int64_t time_us) const {
  std::uint64_t index = corpus_.FirstAt(FromMillis(time_us / 1000));
  while (index < corpus_.size() && MicrosOf(index) < time_us) ++index;
  return index;
}

void JetstreamScript::Add(std::uint64_t index, std::string did, std::string_view kind,
                          std::string_view collection, const std::string& members,
                          std::vector<JetstreamEventText>& out) const {
  const std::uint64_t begin = index * kEvents + 1;
  const std::uint64_t last = out.empty() ? 0 : out.back().seq;
  JetstreamEventText event;
  event.seq = std::max(begin, last + 1);
  event.time_us = MicrosOf(index);
  event.collection = collection;
  event.post = index;
  const bool commit = kind == "commit";
  const std::string rev =
      commit ? fmt::format(R"("rev":"{}",)", Base32(static_cast<std::uint64_t>(event.time_us), 13))
             : "";
  event.v1 = fmt::format(R"({{"did":"{}","time_us":{},"kind":"{}","{}":{{{}{}}}}})", did,
                         event.time_us, kind, kind, rev, members);
  event.v2 = fmt::format(
      R"({{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#{}","seq":{},"did":"{}","time":"{}",{}{}}}}})",
      kind, event.seq, did, IsoMicros(event.time_us), rev,
      commit ? members : fmt::format(R"("{}":{{{}}})", kind, members));
  event.did = std::move(did);
  out.push_back(std::move(event));
}

void JetstreamScript::Events(std::uint64_t index, std::vector<JetstreamEventText>& out) const {
  const Post post = corpus_.Get(index);
  const std::string did = DidOf(post.author);
  const std::int64_t micros = MicrosOf(index);
  const std::string time = IsoMicros(micros);
  std::vector<JetstreamEventText> events;
  if (index % kIdentityEvery == 0) {
    Add(index, did, "identity", "",
        fmt::format(R"("did":"{}","handle":{},"seq":{},"time":"{}")", did,
                    JsonQuote(post.author.handle + ".example"), index + 1, time),
        events);
  }
  if (index % kAccountEvery == 0) {
    Add(index, did, "account", "",
        fmt::format(R"("active":true,"did":"{}","seq":{},"time":"{}")", did, index + 1, time),
        events);
  }
  const auto commit = [&](const Post& of, std::string_view operation, std::string_view record) {
    const std::string_view collection = of.kind == PostKind::kRepost ? kReposts : kPosts;
    std::string members = fmt::format(R"("operation":"{}","collection":"{}","rkey":"{}")",
                                      operation, collection, RecordKeyOf(of));
    if (!record.empty()) members += fmt::format(R"(,"record":{},"cid":"{}")", record, Cid(record));
    Add(index, DidOf(of.author), "commit", collection, members, events);
  };
  // The client writes its time before the server has it.
  const std::string record = Record(post, micros - 150'000);
  commit(post.edits ? FirstVersion(corpus_, post) : post, post.edits ? "update" : "create", record);
  events.back().creates = true;
  for (const std::uint64_t gone : corpus_.Deletes(index)) {
    if (events.size() == kEvents) break;
    commit(FirstVersion(corpus_, corpus_.Get(gone)), "delete", {});
  }
  out.insert(out.end(), std::make_move_iterator(events.begin()),
             std::make_move_iterator(events.end()));
}

}  // namespace hb::simulate
