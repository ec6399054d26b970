#include "record/avro_window.h"

#include <limits>
#include <utility>

#include "record/avro_wire.h"

namespace hb {

namespace {

using avro::AppendRecord;
using avro::Cursor;
using avro::PutStrings;

constexpr std::size_t kRegisters = 4096;

// Avro has no unsigned long: counts and hashes travel as two's complement.
template <typename Sink>
void PutUnsigned(Sink& sink, std::uint64_t value) {
  sink.Long(static_cast<std::int64_t>(value));
}
std::uint64_t TakeUnsigned(Cursor& cursor) { return static_cast<std::uint64_t>(cursor.Long()); }

std::uint32_t TakeUnsigned32(Cursor& cursor) {
  return static_cast<std::uint32_t>(cursor.LongIn(0, std::numeric_limits<std::uint32_t>::max()));
}

template <typename Sink, typename Value, std::size_t N>
void PutEach(Sink& sink, const std::array<Value, N>& values) {
  sink.Long(N);
  for (const Value value : values) sink.Long(static_cast<std::int64_t>(value));
  sink.Long(0);
}

template <typename Value, std::size_t N>
void TakeEach(Cursor& cursor, std::array<Value, N>& values) {
  std::size_t i = 0;
  cursor.Blocks([&] {
    if (i == N) {
      cursor.Fail("more classes than this version knows");
    } else {
      values[i++] = static_cast<Value>(cursor.Long());
    }
  });
}

/// `checked`: the keys are UTF-8, as whoever counts has seen to (window/window_engine.h).
template <bool checked, typename Sink>
void PutCounts(Sink& sink, const CountMap& map) {
  if (!map.counts.empty()) {
    sink.Long(static_cast<std::int64_t>(map.counts.size()));
    for (const KeyCount& count : map.counts) {
      if constexpr (checked) {
        sink.CheckedString(count.key);
      } else {
        sink.String(count.key);
      }
      PutUnsigned(sink, count.count);
    }
  }
  sink.Long(0);
  sink.Boolean(map.approximate);
}

void TakeCounts(Cursor& cursor, CountMap& map) {
  cursor.Blocks([&] {
    const std::string_view key = cursor.String();
    const std::uint64_t count = TakeUnsigned(cursor);
    if (!map.counts.empty() && key <= map.counts.back().key) {
      cursor.Fail("keys do not ascend");
    } else {
      map.counts.push_back({std::string(key), count});
    }
  });
  map.approximate = cursor.Boolean();
}

template <typename Sink>
void PutAuthors(Sink& sink, const AuthorSet& authors) {
  if (!authors.exact.empty()) {
    sink.Long(static_cast<std::int64_t>(authors.exact.size()));
    for (const AuthorSet::Author& author : authors.exact) {
      PutUnsigned(sink, author.hash);
      sink.Long(author.posts);
    }
  }
  sink.Long(0);
  sink.Bytes({reinterpret_cast<const char*>(authors.registers.data()), authors.registers.size()});
}

void TakeAuthors(Cursor& cursor, AuthorSet& authors) {
  cursor.Blocks([&] {
    const std::uint64_t hash = TakeUnsigned(cursor);
    const std::uint32_t posts = TakeUnsigned32(cursor);
    if (!authors.exact.empty() && hash <= authors.exact.back().hash) {
      cursor.Fail("author hashes do not ascend");
    } else {
      authors.exact.push_back({hash, posts});
    }
  });
  const std::string_view registers = cursor.Bytes();
  if (!registers.empty() && (registers.size() != kRegisters || !authors.exact.empty())) {
    cursor.Fail("author registers do not fit");
  }
  authors.registers.assign(registers.begin(), registers.end());
}

}  // namespace

void EncodeAggregate(const Aggregate& aggregate, std::string& out) {
  AppendRecord(out, [&](auto& sink) {
    sink.String(aggregate.key.task);
    sink.Long(ToMillis(aggregate.key.window_start));
    sink.Long(aggregate.key.window_ms);
    sink.Int(ToInt(aggregate.key.partition));
    sink.Long(aggregate.revision);
    sink.Boolean(aggregate.is_final);
    sink.Boolean(aggregate.frozen);
    PutUnsigned(sink, aggregate.posts);
    PutAuthors(sink, aggregate.authors);
    sink.Long(aggregate.neg);
    sink.Long(aggregate.neu);
    sink.Long(aggregate.pos);
    sink.Long(aggregate.mixed);
    sink.Long(aggregate.polarity);
    sink.Long(aggregate.subjectivity);
    PutEach(sink, aggregate.labels);
    PutEach(sink, aggregate.labels4);
    PutEach(sink, aggregate.kinds);
    for (std::size_t i = 0; i < kMaps; ++i) {
      if (i == kFirstMaps) {
        PutEach(sink, aggregate.emotion_sums);
        PutEach(sink, aggregate.emotions);
      }
      PutCounts<true>(sink, aggregate.*kAggregateMaps[i].counts);
    }
  });
}

Status DecodeAggregate(std::string_view bytes, Aggregate& out) {
  Cursor cursor(bytes);
  Aggregate read;
  read.key.task = cursor.String();
  read.key.window_start = FromMillis(cursor.Long());
  read.key.window_ms = cursor.Long();
  read.key.partition = Partition{cursor.Int()};
  read.revision = TakeUnsigned32(cursor);
  read.is_final = cursor.Boolean();
  read.frozen = cursor.Boolean();
  read.posts = TakeUnsigned(cursor);
  TakeAuthors(cursor, read.authors);
  read.neg = cursor.Long();
  read.neu = cursor.Long();
  read.pos = cursor.Long();
  read.mixed = cursor.Long();
  read.polarity = cursor.Long();
  read.subjectivity = cursor.Long();
  TakeEach(cursor, read.labels);
  TakeEach(cursor, read.labels4);
  TakeEach(cursor, read.kinds);
  for (std::size_t i = 0; i < kMaps; ++i) {
    // A record of an older version ends before a later map (record/avro_post.cc).
    if (i >= kFirstMaps && cursor.at_end()) break;
    if (i == kFirstMaps) {
      TakeEach(cursor, read.emotion_sums);
      TakeEach(cursor, read.emotions);
    }
    TakeCounts(cursor, read.*kAggregateMaps[i].counts);
  }
  HB_TRY(cursor.Finish("aggregate"));
  out = std::move(read);
  return Ok();
}

void EncodeTrend(const Trend& trend, std::string& out) {
  AppendRecord(out, [&](auto& sink) {
    sink.Long(ToMillis(trend.time));
    sink.String(trend.scope);
    sink.String(trend.kind);
    sink.String(trend.key);
    PutUnsigned(sink, trend.count);
    sink.Double(trend.baseline);
    sink.Double(trend.score);
    PutUnsigned(sink, trend.authors);
    sink.Double(trend.duplicate_share);
    PutStrings(sink, trend.languages);
    PutStrings(sink, trend.example_ids);
    sink.Boolean(trend.active);
  });
}

Status DecodeTrend(std::string_view bytes, Trend& out) {
  Cursor cursor(bytes);
  Trend read;
  read.time = FromMillis(cursor.Long());
  read.scope = cursor.String();
  read.kind = cursor.String();
  read.key = cursor.String();
  read.count = TakeUnsigned(cursor);
  read.baseline = cursor.Double();
  read.score = cursor.Double();
  read.authors = TakeUnsigned(cursor);
  read.duplicate_share = cursor.Double();
  cursor.Blocks([&] { read.languages.emplace_back(cursor.String()); });
  cursor.Blocks([&] { read.example_ids.emplace_back(cursor.String()); });
  read.active = cursor.Boolean();
  HB_TRY(cursor.Finish("trend"));
  out = std::move(read);
  return Ok();
}

}  // namespace hb
