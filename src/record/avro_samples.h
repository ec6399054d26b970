// record/avro_samples.h - generated and hostile records, for tests, benches and fuzz corpora only.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "record/aggregate.h"
#include "record/analysis_batch.h"
#include "record/dead_letter.h"
#include "record/gap.h"
#include "record/identity.h"
#include "record/post_batch.h"
#include "record/redaction.h"
#include "record/task.h"
#include "record/trend.h"

namespace hb::samples {

/// Seeded values with a liking for the edges: empty, one byte, NUL, U+10FFFF, long, extreme
/// numbers.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Bits() { return random_(); }
  std::uint64_t Below(std::uint64_t n) { return random_() % n; }
  bool Coin() { return random_() & 1; }

  std::int64_t Long() {
    constexpr std::int64_t kEdges[] = {0,
                                       1,
                                       -1,
                                       63,
                                       64,
                                       -64,
                                       -65,
                                       8191,
                                       8192,
                                       1'476'000'000'123,
                                       std::numeric_limits<std::int32_t>::max(),
                                       std::numeric_limits<std::int32_t>::min(),
                                       std::numeric_limits<std::int64_t>::max(),
                                       std::numeric_limits<std::int64_t>::min()};
    if (Coin()) return kEdges[Below(std::size(kEdges))];
    return static_cast<std::int64_t>(random_() >> Below(64));
  }
  std::uint32_t Unsigned32() { return static_cast<std::uint32_t>(random_() >> Below(64)); }
  double Double() {
    constexpr double kEdges[] = {0.0, -0.0, 1.0, -1.5, 1e-308, 1.7e308, 5e-324, 0.1};
    return kEdges[Below(std::size(kEdges))];
  }

  std::string Text(std::size_t longest = 300) {
    static const std::string kEdges[] = {
        "",
        "a",
        std::string(1, '\0'),
        std::string("a\0b", 3),
        "\xf4\x8f\xbf\xbf",          // U+10FFFF
        "\xef\xbf\xbe\xef\xbb\xbf",  // U+FFFE, a byte order mark
        "\xd0\x9a\xd0\xb8\xd1\x97\xd0\xb2 \xf0\x9f\x87\xba\xf0\x9f\x87\xa6",
        "\"quoted\"\\ \x01\x1f\x7f\r\n\t",
        "#tag @user $CASH https://example.com/?a=b&c=d"};
    if (Below(3) != 0) return kEdges[Below(std::size(kEdges))];
    std::string text;
    const std::size_t points = Below(longest + 1);
    for (std::size_t i = 0; i < points; ++i) AppendPoint(text);
    return text;
  }
  std::string Bytes(std::size_t longest = 300) {
    std::string bytes(Below(longest + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  /// Appends a post; `matched` fills tasks and rules_version as ingest does.
  void Post(PostBatch& out, bool matched = true) {
    const std::string id = Coin() ? std::to_string(1 + (random_() >> 2)) : Text();
    const std::string source = Text(10), content = Text(2000), lang = Text(3), author = Text(20),
                      country = Text(2), conversation = Text(20), handle = Text(15),
                      chain = Text(20), reply_to = Text(20), repost_of = Text(20);
    for (std::uint64_t n = Below(4); n > 0; --n) out.urls.Push(Text(40));
    for (std::uint64_t n = Below(4); n > 0; --n) out.hashtags.Push(Text(40));
    PostKey key = id.empty() || Below(4) == 0 ? PostKey{random_() | 1} : KeyOf(id);
    out.Append({.time = FromMillis(Long()),
                .key = key,
                .id = id,
                .source = source,
                .content = content,
                .lang = lang,
                .author = author,
                .handle = handle,
                .country = country,
                .conversation = conversation,
                .chain = chain,
                .reply_to = reply_to,
                .repost_of = repost_of,
                .kind = static_cast<PostKind>(Below(4)),
                .flags = static_cast<std::uint16_t>(random_()),
                .followers = Long()});
    if (matched) {
      for (std::uint64_t n = Below(4); n > 0; --n) out.tasks.Push("t" + Text(20));
      out.tasks.EndRow();
      out.rules_version.push_back(Unsigned32());
    }
  }

  /// Appends results for one post. `models` picks the models that made them.
  void Results(AnalysisBatch& out, std::uint64_t models = 1) {
    const auto neg = static_cast<Micro>(Below(kMicro + 1));
    out.neg.push_back(neg);
    out.neu.push_back(static_cast<Micro>(Below(static_cast<std::uint64_t>(kMicro - neg) + 1)));
    out.mixed.push_back(static_cast<Micro>(Below(kMicro + 1)));
    out.label.push_back(static_cast<Label>(Below(3)));
    out.label4.push_back(static_cast<Label>(Below(4)));
    out.polarity.push_back(static_cast<Micro>(Below(2 * kMicro + 1)) - kMicro);
    out.subjectivity.push_back(static_cast<Micro>(Below(kMicro + 1)));
    out.lang.Append(Text(3));
    for (ListColumn* column :
         {&out.hashtags, &out.mentions, &out.cashtags, &out.links, &out.emoji, &out.words}) {
      for (std::uint64_t n = Below(4); n > 0; --n) column->Push(Text(20));
      column->EndRow();
    }
    out.clean.Append(Text());
    auto left = static_cast<std::uint64_t>(kMicro);
    for (auto& share : out.emotions) {
      share.push_back(static_cast<Micro>(Below(left + 1)));
      left -= static_cast<std::uint64_t>(share.back());
    }
    out.emotion.push_back(static_cast<Emotion>(Below(kEmotions)));
    for (std::uint64_t n = Below(4); n > 0; --n) {
      out.names.Push((Coin() ? "person:" : "work:") + Text(20));
      const auto begin = static_cast<std::uint32_t>(Below(1000));
      out.name_spans.push_back({begin, begin + static_cast<std::uint32_t>(Below(20))});
    }
    out.names.EndRow();
    for (std::uint64_t n = Below(kMaxTopics + 1); n > 0; --n) out.topics.Push(Text(20));
    out.topics.EndRow();
    out.fingerprint.push_back(Coin() ? random_() : 0);
    const std::string number = "/" + std::to_string(models);
    const std::string sentiment = "sentiment-fast" + number, language = "language" + number,
                      emotion = "emotion-fast" + number, topics = "topics-fast" + number;
    const bool appended = out.models.Append({.sentiment = sentiment,
                                             .polarity = models == 0 ? "" : "pattern/1",
                                             .language = language,
                                             .emotion = emotion,
                                             .entities = models == 0 ? "" : "entities-fast/1",
                                             .topics = models == 0 ? "" : topics});
    if (!appended) std::abort();
  }

  CountMap Counts() {
    CountMap map;
    std::string key;
    for (std::uint64_t n = Below(20); n > 0; --n) {
      key += static_cast<char>('a' + Below(26));
      map.counts.push_back({key, static_cast<std::uint64_t>(Long())});
    }
    if (!map.counts.empty() && Coin()) map.counts.insert(map.counts.begin(), {"", 1});
    map.approximate = Below(4) == 0;
    return map;
  }

  hb::Aggregate Aggregate() {
    hb::Aggregate a;
    a.key = {Text(20), FromMillis(Long()), Long(), Partition{static_cast<std::int32_t>(random_())}};
    a.revision = Unsigned32();
    a.is_final = Coin();
    a.frozen = Coin();
    a.posts = static_cast<std::uint64_t>(Long());
    if (Below(4) == 0) {
      for (int i = 0; i < 5000; ++i) AddToRegisters(random_(), a.authors.registers);
    } else {
      std::uint64_t hash = 0;
      for (std::uint64_t n = Below(30); n > 0; --n) {
        hash += 1 + (random_() >> 5);
        a.authors.exact.push_back({hash, Unsigned32()});
      }
    }
    for (std::int64_t* sum : {&a.neg, &a.neu, &a.pos, &a.mixed, &a.polarity, &a.subjectivity})
      *sum = Long();
    for (auto& n : a.labels) n = static_cast<std::uint64_t>(Long());
    for (auto& n : a.labels4) n = static_cast<std::uint64_t>(Long());
    for (auto& n : a.kinds) n = static_cast<std::uint64_t>(Long());
    for (const AggregateMap& map : kAggregateMaps) a.*map.counts = Counts();
    for (auto& sum : a.emotion_sums) sum = Long();
    for (auto& n : a.emotions) n = static_cast<std::uint64_t>(Long());
    return a;
  }

  hb::Trend Trend() {
    hb::Trend t;
    t.time = FromMillis(Long());
    t.scope = Text(20);
    t.kind = Text(10);
    t.key = Text(30);
    t.count = static_cast<std::uint64_t>(Long());
    t.baseline = Double();
    t.score = Double();
    t.authors = static_cast<std::uint64_t>(Long());
    t.duplicate_share = Double();
    for (std::uint64_t n = Below(4); n > 0; --n) t.languages.push_back(Text(3));
    for (std::uint64_t n = Below(4); n > 0; --n) t.example_ids.push_back(Text(20));
    t.active = Coin();
    return t;
  }

  hb::Redaction Redaction() {
    return {.time = FromMillis(Long()),
            .kind = static_cast<RedactionKind>(Below(7)),
            .key = PostKey{random_()},
            .id = Text(20),
            .author = Text(20),
            .source = Text(10),
            .countries = Text(10)};
  }
  hb::Task Task() {
    return {.tag = Text(20),
            .rule = Text(500),
            .revision = Unsigned32(),
            .active = Coin(),
            .time = FromMillis(Long())};
  }
  hb::Gap Gap() {
    return {.source = Text(20),
            .from = FromMillis(Long()),
            .to = FromMillis(Long()),
            .cause = Text(50),
            .refilled = static_cast<std::uint32_t>(Below(kMicro + 1)),
            .exact = Coin()};
  }
  hb::DeadLetter DeadLetter() {
    return {.time = FromMillis(Long()),
            .source = Text(10),
            .location = Text(50),
            .reason = Text(100),
            .raw = Bytes(2000),
            .cut = Coin(),
            .id = Text(16),
            .context = Text(100),
            .row_id = Text(20),
            .attempts = static_cast<std::uint32_t>(Below(1000)),
            .tried = FromMillis(Long()),
            .used = Coin()};
  }

 private:
  void AppendPoint(std::string& text) {
    switch (Below(4)) {
      case 0:
      case 1: text += static_cast<char>(0x20 + Below(0x5f)); break;
      case 2:  // two bytes, Cyrillic
        text += static_cast<char>(0xd0);
        text += static_cast<char>(0x80 + Below(0x40));
        break;
      default:  // four bytes, emoji
        text += "\xf0\x9f\x98";
        text += static_cast<char>(0x80 + Below(0x40));
    }
  }
  std::mt19937_64 random_;
};

}  // namespace hb::samples
