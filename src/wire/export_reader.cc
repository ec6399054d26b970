#include "wire/export_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <unordered_map>

#include "record/identity.h"
#include "wire/names.h"
#include "wire/post_fields.h"
#include "wire/times.h"

namespace hb {

namespace {

std::optional<EventTime> TimeOf(const JsonObject& root, std::string_view key) {
  if (const auto number = JsonInt(root, key)) return TimeOfNumber(*number);
  return ParsePostTime(JsonString(root, key));
}

Status ReadRedaction(const JsonObject& root, std::string_view name, const WireRow& row,
                     WireSink& sink) {
  Redaction redaction;
  bool known = false;
  for (int i = 0; i <= static_cast<int>(RedactionKind::kScrubGeo); ++i) {
    redaction.kind = static_cast<RedactionKind>(i);
    known = RedactionKindName(redaction.kind) == name;
    if (known) break;
  }
  if (!known) return FieldError("redaction", fmt::format("unknown: '{}'", name.substr(0, 64)));
  redaction.time = TimeOf(root, "time").value_or(row.arrival);
  redaction.id = JsonString(root, "id");
  redaction.author = JsonString(root, "author");
  redaction.countries = JsonString(root, "countries");
  redaction.source = row.source;
  if (redaction.id.empty() && redaction.author.empty())
    return FieldError("id", "missing, and author too");
  if (!redaction.id.empty()) redaction.key = KeyOf(redaction.id);
  sink.redactions.push_back(std::move(redaction));
  return Ok();
}

/// Which post column a member's name stands for, and how good a name it is (0 is best).
struct Meaning {
  std::size_t column;
  std::size_t rank;
};
const std::unordered_map<std::string_view, Meaning>& Meanings() {
  static const std::unordered_map<std::string_view, Meaning> kMeanings = [] {
    std::unordered_map<std::string_view, Meaning> made;
    for (std::size_t i = 0; i < kPostColumns; ++i) {
      const PostColumnNames& names = NamesOf(static_cast<PostColumn>(i));
      for (std::size_t rank = 0; rank < names.synonyms.size(); ++rank) {
        made.emplace(names.synonyms[rank], Meaning{i, rank});
      }
    }
    return made;
  }();
  return kMeanings;
}

std::optional<JsonElement> AtPath(const JsonObject& root, std::string_view path) {
  JsonElement element;
  if (root.at_key(path).get(element) == simdjson::SUCCESS) return element;
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto inner = JsonMember(root, path.substr(0, dot));
  return inner ? AtPath(*inner, path.substr(dot + 1)) : std::nullopt;
}

std::string MemberNames(const JsonObject& root) {
  std::string names;
  for (const auto [key, value] : root) {
    if (names.size() > 300) return names + ", ...";
    if (!names.empty()) names += ", ";
    names += key.substr(0, 60);
  }
  return names;
}

}  // namespace

bool ExportReader::Recognise(const JsonObject& root) {
  return HasMember(root, "time") &&
         (HasMember(root, "redaction") || (HasMember(root, "content") && HasMember(root, "kind")));
}

Status ExportReader::Parse(const JsonObject& root, bool repaired, const WireRow& row,
                           WireSink& sink) {
  const std::string_view redaction = JsonString(root, "redaction");
  if (!redaction.empty()) return ReadRedaction(root, redaction, row, sink);

  IdBuffer id_buffer;
  PostView post;
  const auto time = TimeOf(root, "time");
  if (!time) return FieldError("time", "missing or not a date between 1970 and 2100");
  if (!HasMember(root, "content")) return FieldError("content", "missing");
  post.time = *time;
  post.content = JsonString(root, "content");
  post.id = JsonId(root, "id", id_buffer);
  if (post.id.empty()) post.id = row.row_id;
  post.key = KeyOf(post.id);
  post.source = row.source;
  post.lang = JsonString(root, "lang");
  post.author = JsonString(root, "author");
  post.handle = JsonString(root, "handle");
  post.country = JsonString(root, "country");
  post.conversation = JsonString(root, "conversation");
  post.chain = JsonString(root, "chain");
  post.reply_to = JsonString(root, "reply_to");
  post.repost_of = JsonString(root, "repost_of");
  post.followers = JsonInt(root, "followers").value_or(-1);
  const std::string_view kind = JsonString(root, "kind");
  bool said = false;
  post.kind = PostKindOf(kind, said);
  if (!said && !kind.empty())
    return FieldError("kind", fmt::format("unknown: '{}'", kind.substr(0, 64)));
  if (const auto flags = JsonList(root, "flags")) {
    for (const JsonElement& element : *flags) {
      for (const ExportFlag& flag : kExportFlags) {
        if (flag.name == AsString(element)) post.flags |= flag.bit;
      }
    }
  }
  if (repaired) post.flags |= kFlagRepaired;
  if (const auto urls = JsonList(root, "urls")) {
    for (const JsonElement& url : *urls) sink.posts.urls.Push(AsString(url));
  }
  if (const auto tags = JsonList(root, "hashtags")) {
    for (const JsonElement& tag : *tags) sink.posts.hashtags.Push(AsString(tag));
  }
  sink.posts.Append(post);
  return Ok();
}

Status GenericReader::Parse(const JsonObject& root, bool repaired, const WireRow& row,
                            WireSink& sink) {
  std::array<JsonElement, kPostColumns> found;
  std::array<std::size_t, kPostColumns> rank;
  rank.fill(SIZE_MAX);
  for (const auto [key, value] : root) {
    if (key.size() > 32) continue;
    char folded[32];
    for (std::size_t i = 0; i < key.size(); ++i) {
      folded[i] = key[i] >= 'A' && key[i] <= 'Z' ? static_cast<char>(key[i] | 0x20) : key[i];
    }
    const auto meaning = Meanings().find(std::string_view(folded, key.size()));
    if (meaning == Meanings().end() || value.is_null() || value.is_object() || value.is_array())
      continue;
    if (meaning->second.rank < rank[meaning->second.column]) {
      rank[meaning->second.column] = meaning->second.rank;
      found[meaning->second.column] = value;
    }
  }
  for (const auto& [name, path] : map_) {
    for (std::size_t i = 0; i < kPostColumns; ++i) {
      if (NamesOf(static_cast<PostColumn>(i)).name != name) continue;
      const auto element = AtPath(root, path);
      rank[i] = element ? 0 : SIZE_MAX;
      if (element) found[i] = *element;
    }
  }
  const auto has = [&](PostColumn column) {
    return rank[static_cast<std::size_t>(column)] != SIZE_MAX;
  };
  const auto get = [&](PostColumn column) {
    const auto i = static_cast<std::size_t>(column);
    return rank[i] == SIZE_MAX ? std::string_view() : AsId(found[i], buffers_[i]);
  };
  if (!has(PostColumn::kContent) || !has(PostColumn::kTime)) {
    return Error{Code::kInvalidArgument,
                 fmt::format("no member for {}; the members are: {}",
                             has(PostColumn::kTime)      ? "content"
                             : has(PostColumn::kContent) ? "time"
                                                         : "content and time",
                             MemberNames(root))};
  }
  const JsonElement& when = found[static_cast<std::size_t>(PostColumn::kTime)];
  std::optional<EventTime> time;
  double seconds = 0;
  if (when.is_double() && when.get(seconds) == simdjson::SUCCESS) {
    // Seconds with a fraction; a larger double is a whole number that somebody's writer made one.
    if (seconds >= 0 && seconds < 4'102'444'800.0) {
      time = FromMillis(static_cast<std::int64_t>(seconds * 1000));
    } else if (seconds >= 1e11 && seconds < 1e16) {
      time = TimeOfNumber(static_cast<std::int64_t>(seconds));
    }
  } else {
    time = ParsePostTime(get(PostColumn::kTime));
  }
  if (!time) {
    return FieldError("time", fmt::format("not a date between 1970 and 2100: '{}'",
                                          get(PostColumn::kTime).substr(0, 64)));
  }
  if (!found[static_cast<std::size_t>(PostColumn::kContent)].is_string()) {
    return FieldError("content", "not a text");
  }
  bool repost = false;
  if (has(PostColumn::kRepost)) {
    const JsonElement& element = found[static_cast<std::size_t>(PostColumn::kRepost)];
    if (element.get(repost) != simdjson::SUCCESS) repost = IsTrueWord(get(PostColumn::kRepost));
  }
  PostView post;
  post.time = *time;
  post.source = row.source;
  post.content = get(PostColumn::kContent);
  post.id = get(PostColumn::kId);
  if (post.id.empty()) post.id = row.row_id;
  post.author = get(PostColumn::kAuthor);
  post.handle = get(PostColumn::kHandle);
  post.lang = LanguageCode(get(PostColumn::kLang));
  post.country = CountryCode(get(PostColumn::kCountry));
  post.conversation = get(PostColumn::kConversation);
  post.reply_to = get(PostColumn::kReplyTo);
  post.repost_of = get(PostColumn::kRepostOf);
  if (repaired) post.flags |= kFlagRepaired;
  CompletePost(get(PostColumn::kType), repost, get(PostColumn::kFollowers), post);
  sink.posts.Append(post);
  return Ok();
}

}  // namespace hb
