#include "store/duckdb/window_blob.h"

#include <algorithm>
#include <cstring>

#include "store/duckdb/byte_reader.h"

namespace hb::duck {

namespace {

constexpr std::size_t kRegisters = 4096;  // of AuthorSet

void PutVarint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void PutSigned(std::int64_t value, std::string& out) {
  PutVarint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63),
            out);
}

void PutMap(const CountMap& map, std::string& out) {
  PutVarint(map.counts.size() << 1 | (map.approximate ? 1u : 0u), out);
  for (const KeyCount& entry : map.counts) {
    PutVarint(entry.key.size(), out);
    out += entry.key;
    PutVarint(entry.count, out);
  }
}

void TakeMap(ByteReader& in, CountMap& map) {
  const std::uint64_t head = in.Varint();
  map.approximate = (head & 1) != 0;
  const std::uint64_t entries = head >> 1;
  if (entries > in.left()) return static_cast<void>(in.Take(entries));  // says that it is corrupt
  map.counts.reserve(static_cast<std::size_t>(entries));
  for (std::uint64_t i = 0; i < entries && in.ok(); ++i) {
    const std::string_view key = in.Take(in.Varint());
    map.counts.push_back({std::string(key), in.Varint()});
  }
}

/// Passes over a map; the number of its entries.
std::size_t SkipMap(ByteReader& in, CountMap& map) {
  const std::uint64_t head = in.Varint();
  map.approximate = (head & 1) != 0;
  const std::uint64_t entries = head >> 1;
  if (entries > in.left()) in.Take(entries);  // says that it is corrupt
  for (std::uint64_t i = 0; i < entries && in.ok(); ++i) {
    in.Take(in.Varint());
    in.Varint();
  }
  return static_cast<std::size_t>(entries);
}

void SkipAuthors(ByteReader& in) {
  const std::uint64_t head = in.Varint();
  if ((head & 1) != 0) return static_cast<void>(in.Take(in.Varint()));
  for (std::uint64_t i = 0; i < head >> 1 && in.ok(); ++i) {
    in.Take(8);
    in.Varint();
  }
}

void PutAuthors(const AuthorSet& authors, std::string& out) {
  const bool sketch = authors.approximate();
  PutVarint(sketch ? 1 : authors.exact.size() << 1, out);
  if (sketch) {
    PutVarint(authors.registers.size(), out);
    out.append(reinterpret_cast<const char*>(authors.registers.data()), authors.registers.size());
    return;
  }
  for (const AuthorSet::Author& author : authors.exact) {
    char hash[8];
    std::memcpy(hash, &author.hash, 8);  // Little-endian machines only, as DuckDB's own file.
    out.append(hash, 8);
    PutVarint(author.posts, out);
  }
}

void TakeAuthors(ByteReader& in, AuthorSet& authors) {
  const std::uint64_t head = in.Varint();
  if ((head & 1) != 0) {
    const std::string_view bytes = in.Take(in.Varint());
    authors.registers.assign(bytes.begin(), bytes.end());
    return;
  }
  if (head >> 1 > in.left()) return static_cast<void>(in.Take(head));
  authors.exact.reserve(static_cast<std::size_t>(head >> 1));
  for (std::uint64_t i = 0; i < head >> 1 && in.ok(); ++i) {
    const std::string_view bytes = in.Take(8);
    if (!in.ok()) return;
    AuthorSet::Author author{};
    std::memcpy(&author.hash, bytes.data(), 8);
    author.posts = static_cast<std::uint32_t>(in.Varint());
    authors.exact.push_back(author);
  }
}

}  // namespace

void AppendPart(const Aggregate& aggregate, std::string& blob) {
  // The body's length comes first, so that a part can be skipped; it is written behind the head and
  // moved.
  std::string body;
  PutVarint(aggregate.posts, body);
  for (const std::int64_t sum : {aggregate.neg, aggregate.neu, aggregate.pos, aggregate.mixed,
                                 aggregate.polarity, aggregate.subjectivity}) {
    PutSigned(sum, body);
  }
  for (const std::uint64_t count : aggregate.labels) PutVarint(count, body);
  for (const std::uint64_t count : aggregate.labels4) PutVarint(count, body);
  for (const std::uint64_t count : aggregate.kinds) PutVarint(count, body);
  PutAuthors(aggregate.authors, body);
  for (std::size_t i = 0; i < kMaps; ++i) {
    if (i == kFirstMaps) {
      for (const std::int64_t sum : aggregate.emotion_sums) PutSigned(sum, body);
      for (const std::uint64_t count : aggregate.emotions) PutVarint(count, body);
    }
    PutMap(aggregate.*kAggregateMaps[i].counts, body);
  }
  PutVarint(static_cast<std::uint64_t>(ToInt(aggregate.key.partition)), blob);
  PutVarint(aggregate.revision, blob);
  PutVarint((aggregate.is_final ? 1u : 0u) | (aggregate.frozen ? 2u : 0u), blob);
  PutVarint(body.size(), blob);
  blob += body;
}

Status SplitParts(std::string_view blob, std::vector<PartView>& parts) {
  ByteReader in(blob);
  while (!in.done()) {
    const std::size_t begin = in.at();
    PartView part;
    part.partition = Partition{static_cast<std::int32_t>(in.Varint())};
    part.revision = static_cast<std::uint32_t>(in.Varint());
    in.Varint();
    in.Take(in.Varint());
    if (!in.ok()) return Error{Code::kCorrupt, "window partial: bytes end too early"};
    part.bytes = blob.substr(begin, in.at() - begin);
    parts.push_back(part);
  }
  return Ok();
}

namespace {

/// Everything before the authors.
void TakeHead(ByteReader& in, Aggregate& out) {
  out.key.partition = Partition{static_cast<std::int32_t>(in.Varint())};
  out.revision = static_cast<std::uint32_t>(in.Varint());
  const std::uint64_t flags = in.Varint();
  out.is_final = (flags & 1) != 0;
  out.frozen = (flags & 2) != 0;
  if (in.Varint() != in.left()) return static_cast<void>(in.Take(in.left() + 1));  // cut short
  out.posts = in.Varint();
  for (std::int64_t* sum :
       {&out.neg, &out.neu, &out.pos, &out.mixed, &out.polarity, &out.subjectivity}) {
    *sum = in.Signed();
  }
  for (std::uint64_t& count : out.labels) count = in.Varint();
  for (std::uint64_t& count : out.labels4) count = in.Varint();
  for (std::uint64_t& count : out.kinds) count = in.Varint();
}

/// Everything behind the authors: take(i) reads map i, and says whether to go on. A part of an
/// older version ends before one of the later maps.
template <typename Take>
void TakeMaps(ByteReader& in, Aggregate& out, const Take& take) {
  for (std::size_t i = 0; i < kMaps; ++i) {
    if (i >= kFirstMaps && in.done()) return;
    if (i == kFirstMaps) {
      for (std::int64_t& sum : out.emotion_sums) sum = in.Signed();
      for (std::uint64_t& count : out.emotions) count = in.Varint();
    }
    if (!take(i)) return;
  }
}

Status CheckEnd(const ByteReader& in, const Aggregate& out) {
  const std::size_t registers = out.authors.registers.size();
  if (!in.ok() || !in.done() || (registers != 0 && registers != kRegisters)) {
    return Error{Code::kCorrupt, "window partial: bytes do not add up"};
  }
  return Ok();
}

bool LargerFirst(const BlobCount& a, const BlobCount& b) {
  return a.count != b.count ? a.count > b.count : a.key < b.key;
}

/// Appends the entries of one map of a part.
Status AppendMap(std::string_view part, KeyKind map, std::vector<BlobCount>& out) {
  ByteReader in(part);
  Aggregate head;
  CountMap skipped;
  TakeHead(in, head);
  SkipAuthors(in);
  TakeMaps(in, head, [&](std::size_t i) {
    if (i < static_cast<std::size_t>(map)) {
      SkipMap(in, skipped);
      return true;
    }
    const std::uint64_t entries = in.Varint() >> 1;
    for (std::uint64_t entry = 0; entry < entries && in.ok(); ++entry) {
      const std::string_view key = in.Take(in.Varint());
      out.push_back({key, in.Varint()});
    }
    return false;
  });
  return in.ok() ? Ok() : Status(Error{Code::kCorrupt, "window partial: bytes end too early"});
}

/// Adds up the counts of equal keys; ascending by key.
void AddUp(std::vector<BlobCount>& counts) {
  std::sort(counts.begin(), counts.end(),
            [](const BlobCount& a, const BlobCount& b) { return a.key < b.key; });
  std::size_t kept = 0;
  for (const BlobCount& entry : counts) {
    if (kept > 0 && counts[kept - 1].key == entry.key) {
      counts[kept - 1].count += entry.count;
    } else {
      counts[kept++] = entry;
    }
  }
  counts.resize(kept);
}

}  // namespace

Result<Aggregate> DecodePart(std::string_view part) {
  ByteReader in(part);
  Aggregate out;
  TakeHead(in, out);
  TakeAuthors(in, out.authors);
  TakeMaps(in, out, [&](std::size_t i) {
    TakeMap(in, out.*kAggregateMaps[i].counts);
    return true;
  });
  HB_TRY(CheckEnd(in, out));
  return out;
}

Result<PartTotals> DecodeTotals(std::string_view part) {
  ByteReader in(part);
  PartTotals out;
  Aggregate& sums = out.sums;
  TakeHead(in, sums);
  TakeAuthors(in, sums.authors);
  TakeMaps(in, sums, [&](std::size_t i) {
    out.entries[i] = SkipMap(in, sums.*kAggregateMaps[i].counts);
    return true;
  });
  HB_TRY(CheckEnd(in, sums));
  return out;
}

Status TopOfBlob(std::string_view blob, KeyKind map, std::size_t keep,
                 std::vector<BlobCount>& out) {
  out.clear();
  std::vector<PartView> parts;
  HB_TRY(SplitParts(blob, parts));
  for (const PartView& part : parts) HB_TRY(AppendMap(part.bytes, map, out));
  if (parts.size() > 1) AddUp(out);
  keep = std::min(keep, out.size());
  std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(keep), out.end(),
                    LargerFirst);
  out.resize(keep);
  return Ok();
}

}  // namespace hb::duck
