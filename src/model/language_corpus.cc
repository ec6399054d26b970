#include "model/language_corpus.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "env/env.h"
#include "model/language_codes.h"

namespace hb::model {
namespace {

/// A whole file, decompressed if it is gzip.
Result<std::string> ReadPossiblyGzip(const std::string& path) {
  HB_ASSIGN(std::string bytes, ReadFile(path));
  if (!bytes.starts_with("\x1F\x8B")) return bytes;
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) {
    return Error{Code::kInternal, path + ": zlib does not start"};
  }
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 1 << 16> chunk{};
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) return Error{Code::kCorrupt, path + ": is broken gzip"};
  return out;
}

std::string_view NextLine(std::string_view& rest) {
  const std::size_t stop = rest.find('\n');
  std::string_view line = rest.substr(0, stop);
  rest.remove_prefix(stop == std::string_view::npos ? rest.size() : stop + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::uint32_t LanguageCorpus::NumberOf(const LanguageWord& word) {
  const std::uint64_t key = word.hash + static_cast<std::uint64_t>(word.script);
  const auto [at, fresh] = numbers_.try_emplace(key, static_cast<std::uint32_t>(spans_.size()));
  if (fresh) {
    spans_.push_back(
        {word.hash, symbols_.size(), static_cast<std::uint32_t>(word.count), word.script});
    symbols_.insert(symbols_.end(), word.symbols, word.symbols + word.count);
  }
  return at->second;
}

void LanguageCorpus::Add(std::string_view label, std::string_view text) {
  std::array<std::size_t, kScripts> letters{};
  std::vector<std::uint32_t>& words = words_;
  words.clear();
  WalkLanguage(text, [&](const LanguageWord& word) {
    letters[static_cast<std::size_t>(word.script)] += word.count - 2;
    words.push_back(NumberOf(word));
  });
  if (words.empty()) return;
  const auto main =
      static_cast<Script>(std::max_element(letters.begin(), letters.end()) - letters.begin());
  Key key{main, CanonicalLanguage(label)};
  const auto [at, fresh] = index_.try_emplace(key, classes_.size());
  if (fresh) classes_.push_back({std::move(key), {}});
  Class& entry = classes_[at->second];
  if (entry.sources.size() <= files_) entry.sources.resize(files_ + 1);
  LanguageSource& source = entry.sources[files_];
  for (const std::uint32_t word : words) {
    if (spans_[word].script == main) source.words.push_back(word);
  }
  source.begins.push_back(static_cast<std::uint32_t>(source.words.size()));
  ++texts_;
}

Status LanguageCorpus::AddFile(const std::string& path) {
  std::vector<LabelledText> texts;
  HB_TRY(ReadLabelledTexts(path, texts));
  BeginSource();
  for (const LabelledText& row : texts) Add(row.language, row.text);
  return Ok();
}

void LanguageCorpus::DropRare(double share, std::size_t texts) {
  std::map<std::string, std::size_t> of_language;
  const auto count = [](const Class& entry) {
    std::size_t sum = 0;
    for (const LanguageSource& source : entry.sources) sum += source.texts();
    return sum;
  };
  for (const Class& entry : classes_) of_language[entry.key.code] += count(entry);
  std::erase_if(classes_, [&](const Class& entry) {
    const std::size_t own = count(entry);
    return own < texts ||
           static_cast<double>(own) < share * static_cast<double>(of_language[entry.key.code]);
  });
  std::sort(classes_.begin(), classes_.end(),
            [](const Class& a, const Class& b) { return a.key < b.key; });
  index_.clear();
  for (std::size_t i = 0; i < classes_.size(); ++i) index_[classes_[i].key] = i;
}

Status ReadLabelledTexts(const std::string& path, std::vector<LabelledText>& out) {
  HB_ASSIGN(const std::string content, ReadPossiblyGzip(path));
  std::string_view rest = content;
  if (NextLine(rest) != "lang\ttext") {
    return Error{Code::kInvalidArgument, path + ": the first line is not \"lang<TAB>text\""};
  }
  while (!rest.empty()) {
    const std::string_view line = NextLine(rest);
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || tab == 0) continue;
    out.push_back({CanonicalLanguage(line.substr(0, tab)), std::string(line.substr(tab + 1))});
  }
  return Ok();
}

}  // namespace hb::model
