#include "window/window_state.h"

#include <algorithm>

namespace hb {

void WindowState::Counts::Load(const CountMap& map, Interner& interner) {
  for (const KeyCount& entry : map.counts) {
    table.Add(interner.Intern(entry.key), static_cast<std::uint32_t>(entry.count), CountMap::kMaxKeys);
  }
  approximate = map.approximate;
}

void WindowState::Counts::Fill(const Interner& interner, CountMap& out) const {
  out.approximate = approximate;
  out.counts.reserve(table.size());
  table.ForEach([&](std::uint32_t key, std::uint32_t count) {
    out.counts.push_back({std::string(interner[key]), count});
  });
  std::sort(out.counts.begin(), out.counts.end());
}

void WindowState::AddScalars(const AnalysisBatch& batch, std::size_t row, std::int64_t sign) {
  const auto count = static_cast<std::uint64_t>(sign);  // Wraps for -1, and so subtracts.
  sums_.posts += count;
  sums_.neg += sign * batch.neg[row];
  sums_.neu += sign * batch.neu[row];
  sums_.pos += sign * batch.pos(row);
  sums_.mixed += sign * batch.mixed[row];
  sums_.polarity += sign * batch.polarity[row];
  sums_.subjectivity += sign * batch.subjectivity[row];
  sums_.labels[static_cast<std::size_t>(batch.label[row])] += count;
  sums_.labels4[static_cast<std::size_t>(batch.label4[row])] += count;
  sums_.kinds[static_cast<std::size_t>(batch.posts->kind[row])] += count;
}

void WindowState::AddAuthor(std::uint64_t hash) {
  if (hash == 0) return;
  if (registers_.empty() && !authors_.Add(hash, 1, AuthorSet::kMaxExact)) {
    authors_.ForEach([&](std::uint64_t author, std::uint32_t) { AddToRegisters(author, registers_); });
    authors_.Clear();
  }
  if (!registers_.empty()) AddToRegisters(hash, registers_);
}

void WindowState::RemoveAuthor(std::uint64_t hash) {
  // A HyperLogLog cannot forget: the estimate stays, and says that it is one.
  if (hash != 0 && registers_.empty()) authors_.Remove(hash);
}

void WindowState::Add(const CountedRow& row) {
  AddScalars(*row.batch, row.row, 1);
  AddAuthor(row.author);
  languages_.Add(row.language);
  if (row.has_country) countries_.Add(row.country);
  for (const std::uint32_t tag : row.hashtags) hashtags_.Add(tag);
  for (const std::uint32_t word : row.words) words_.Add(word);
}

void WindowState::Subtract(const CountedRow& row) {
  AddScalars(*row.batch, row.row, -1);
  RemoveAuthor(row.author);
  languages_.Remove(row.language);
  if (row.has_country) countries_.Remove(row.country);
  for (const std::uint32_t tag : row.hashtags) hashtags_.Remove(tag);
  for (const std::uint32_t word : row.words) words_.Remove(word);
}

void WindowState::LoadFrom(const Aggregate& aggregate, Interner& interner) {
  sums_ = aggregate;
  sums_.authors = {};
  for (CountMap* map : {&sums_.languages, &sums_.countries, &sums_.hashtags, &sums_.words}) *map = {};
  revision = aggregate.revision;
  is_final = aggregate.is_final;
  registers_ = aggregate.authors.registers;
  for (const AuthorSet::Author& author : aggregate.authors.exact) {
    authors_.Add(author.hash, author.posts, AuthorSet::kMaxExact);
  }
  languages_.Load(aggregate.languages, interner);
  countries_.Load(aggregate.countries, interner);
  hashtags_.Load(aggregate.hashtags, interner);
  words_.Load(aggregate.words, interner);
}

void WindowState::FillAggregate(const Interner& interner, Aggregate& out) const {
  out = sums_;
  out.authors.registers = registers_;
  out.authors.exact.reserve(authors_.size());
  authors_.ForEach([&](std::uint64_t hash, std::uint32_t posts) {
    out.authors.exact.push_back({hash, posts});
  });
  std::sort(out.authors.exact.begin(), out.authors.exact.end());
  languages_.Fill(interner, out.languages);
  countries_.Fill(interner, out.countries);
  hashtags_.Fill(interner, out.hashtags);
  words_.Fill(interner, out.words);
}

}  // namespace hb
