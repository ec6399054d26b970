#include "window/window_state.h"

#include <algorithm>

namespace hb {

namespace {

constexpr std::uint32_t kStringMask = (1u << kStringBits) - 1;

/// A counted key on its way to its place in an aggregate.
struct Counted {
  std::uint64_t order;  ///< by map, then by how its string begins
  std::uint32_t key;
  std::uint32_t count;
};

}  // namespace

WindowSums WindowSums::Of(const AnalysisBatch& batch, std::size_t row) {
  WindowSums one;
  const auto sum = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  one.sums_ = {1,
               sum(batch.neg[row]),
               sum(batch.neu[row]),
               sum(batch.pos(row)),
               sum(batch.mixed[row]),
               sum(batch.polarity[row]),
               sum(batch.subjectivity[row])};
  one.sums_[7 + static_cast<std::size_t>(batch.label[row])] = 1;
  one.sums_[10 + static_cast<std::size_t>(batch.label4[row])] = 1;
  one.sums_[14 + static_cast<std::size_t>(batch.posts->kind[row])] = 1;
  if (row < batch.emotion.size() && !batch.models[row].emotion.empty()) {
    for (std::size_t i = 0; i < kFeltEmotions; ++i) one.sums_[18 + i] = sum(batch.emotions[i][row]);
    one.sums_[22 + static_cast<std::size_t>(batch.emotion[row])] = 1;
  }
  return one;
}

WindowSums WindowSums::From(const Aggregate& a) {
  WindowSums sums;
  auto at = sums.sums_.begin();
  *at++ = a.posts;
  for (const std::int64_t sum : {a.neg, a.neu, a.pos, a.mixed, a.polarity, a.subjectivity}) {
    *at++ = static_cast<std::uint64_t>(sum);
  }
  at = std::copy(a.labels.begin(), a.labels.end(), at);
  at = std::copy(a.labels4.begin(), a.labels4.end(), at);
  at = std::copy(a.kinds.begin(), a.kinds.end(), at);
  for (const std::int64_t sum : a.emotion_sums) *at++ = static_cast<std::uint64_t>(sum);
  std::copy(a.emotions.begin(), a.emotions.end(), at);
  return sums;
}

void WindowSums::Fill(Aggregate& out) const {
  auto at = sums_.begin();
  out.posts = *at++;
  for (std::int64_t* sum :
       {&out.neg, &out.neu, &out.pos, &out.mixed, &out.polarity, &out.subjectivity}) {
    *sum = static_cast<std::int64_t>(*at++);
  }
  for (std::uint64_t& count : out.labels) count = *at++;
  for (std::uint64_t& count : out.labels4) count = *at++;
  for (std::uint64_t& count : out.kinds) count = *at++;
  for (std::int64_t& sum : out.emotion_sums) sum = static_cast<std::int64_t>(*at++);
  for (std::uint64_t& count : out.emotions) count = *at++;
}

void WindowState::AddAuthor(std::uint64_t hash) {
  if (hash == 0) return;
  if (registers_.empty() && !authors_.Add(hash, 1, AuthorSet::kMaxExact)) {
    authors_.ForEach(
        [&](std::uint64_t author, std::uint32_t) { AddToRegisters(author, registers_); });
    authors_.Clear();
  }
  if (!registers_.empty()) AddToRegisters(hash, registers_);
}

void WindowState::Add(const CountedRow& row) {
  sums_.Add(row.sums);
  AddAuthor(row.author);
  for (const std::uint32_t key : row.keys) {
    if (auto* entry = keys_.FindUsed(key)) {
      ++entry->count;
    } else if (distinct_[key >> kStringBits] < CountMap::kMaxKeys) {
      keys_.Insert(key, 1);
      ++distinct_[key >> kStringBits];
    } else {
      approximate_[key >> kStringBits] = true;
    }
  }
}

void WindowState::Subtract(const CountedRow& row) {
  sums_.Subtract(row.sums);
  if (sums_.posts() == 0) return ClearCounts();
  // A HyperLogLog cannot forget: the estimate stays, and says that it is one.
  if (row.author != 0 && registers_.empty()) authors_.Remove(row.author);
  for (const std::uint32_t key : row.keys) {
    const std::size_t before = keys_.size();
    approximate_[key >> kStringBits] = !keys_.Remove(key) || approximate_[key >> kStringBits];
    distinct_[key >> kStringBits] -= static_cast<std::uint32_t>(before - keys_.size());
  }
}

void WindowState::LoadFrom(const Aggregate& aggregate, Interner& interner) {
  sums_ = WindowSums::From(aggregate);
  revision = aggregate.revision;
  is_final = aggregate.is_final;
  frozen = aggregate.frozen;
  registers_ = aggregate.authors.registers;
  for (const AuthorSet::Author& author : aggregate.authors.exact) {
    if (author.posts > 0) authors_.Add(author.hash, author.posts, AuthorSet::kMaxExact);
  }
  for (std::uint32_t kind = 0; kind < kMaps; ++kind) {
    const CountMap& map = aggregate.*kAggregateMaps[kind].counts;
    approximate_[kind] = map.approximate;
    for (const KeyCount& entry : map.counts) {
      const auto count = static_cast<std::uint32_t>(entry.count);
      if (count == 0) continue;
      keys_.Insert(MapKey(static_cast<KeyKind>(kind), interner.Intern(entry.key)), count);
      ++distinct_[kind];
    }
  }
}

Aggregate WindowState::ToAggregate(const Interner& interner,
                                   std::pmr::memory_resource* memory) const {
  const auto in_memory = [&] { return CountMap{std::pmr::vector<KeyCount>(memory)}; };
  // A map's memory is chosen when it is made: an assignment would keep the default's.
  Aggregate out{.key = {},
                .authors = {std::pmr::vector<AuthorSet::Author>(memory), registers_},
                .languages = in_memory(),
                .countries = in_memory(),
                .hashtags = in_memory(),
                .words = in_memory(),
                .names = in_memory(),
                .topics = in_memory()};
  for (std::size_t kind = 0; kind < kMaps; ++kind) {
    CountMap& map = out.*kAggregateMaps[kind].counts;
    map.approximate = approximate_[kind];
    map.counts.reserve(distinct_[kind]);
  }
  sums_.Fill(out);
  out.frozen = frozen;
  out.authors.exact.reserve(authors_.size());
  authors_.ForEach([&](std::uint64_t hash, std::uint32_t posts) {
    out.authors.exact.push_back({hash, posts});
  });
  std::sort(out.authors.exact.begin(), out.authors.exact.end());

  thread_local std::vector<Counted> sorted;
  sorted.clear();
  keys_.ForEach([&](std::uint32_t key, std::uint32_t count) {
    const std::uint64_t kind = key >> kStringBits;
    sorted.push_back({kind << 61 | interner.Prefix(key & kStringMask) >> 3, key, count});
  });
  std::sort(sorted.begin(), sorted.end(), [&](const Counted& a, const Counted& b) {
    if (a.order != b.order) return a.order < b.order;
    // The order holds but 61 bits of the prefix.
    const std::uint32_t left = a.key & kStringMask, right = b.key & kStringMask;
    if (interner.Prefix(left) != interner.Prefix(right))
      return interner.Prefix(left) < interner.Prefix(right);
    return interner.IsBefore(left, right);
  });
  for (const Counted& counted : sorted) {
    (out.*kAggregateMaps[counted.key >> kStringBits].counts)
        .counts.push_back({interner.Copy(counted.key & kStringMask), counted.count});
  }
  return out;
}

void WindowState::ClearCounts() {
  sums_ = {};
  authors_.Clear();
  registers_.clear();
  keys_.Clear();
  distinct_ = {};
  approximate_ = {};
}

void WindowState::Clear() {
  ClearCounts();
  revision = 0;
  is_final = frozen = dirty = due = false;
  touched = 0;
  included = 0;
  missing = kNothing;
  waits_since = kNever;
}

}  // namespace hb
