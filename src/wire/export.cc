#include "wire/export.h"

#include <fmt/format.h>

#include <chrono>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "wire/export_reader.h"

namespace hb {

namespace {

void AppendTime(EventTime time, std::string& out) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::int64_t ms = (time - day).count();
  fmt::format_to(std::back_inserter(out), "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z\"",
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), ms / 3'600'000, ms / 60'000 % 60,
                 ms / 1000 % 60, ms % 1000);
}

void AppendMember(std::string_view name, std::string_view value, std::string& out) {
  if (value.empty()) return;
  out.append(",\"").append(name).append("\":");
  AppendJsonString(value, out);
}

template <typename List>
void AppendList(std::string_view name, const List& list, std::string& out) {
  if (list.empty()) return;
  out.append(",\"").append(name).append("\":[");
  bool first = true;
  for (const std::string_view value : list) {
    if (!first) out += ',';
    first = false;
    AppendJsonString(value, out);
  }
  out += ']';
}

}  // namespace

void AppendExportLine(const PostBatch& posts, std::size_t row, std::string& out) {
  const PostView post = posts.Row(row);
  out += "{\"time\":";
  AppendTime(post.time, out);
  out += ",\"id\":";
  AppendJsonString(post.id, out);
  AppendMember("source", post.source, out);
  AppendMember("kind", PostKindName(post.kind), out);
  out += ",\"content\":";
  AppendJsonString(post.content, out);
  AppendMember("lang", post.lang, out);
  AppendMember("author", post.author, out);
  AppendMember("handle", post.handle, out);
  AppendMember("country", post.country, out);
  AppendMember("conversation", post.conversation, out);
  AppendMember("chain", post.chain, out);
  AppendMember("reply_to", post.reply_to, out);
  AppendMember("repost_of", post.repost_of, out);
  if (post.followers >= 0)
    fmt::format_to(std::back_inserter(out), ",\"followers\":{}", post.followers);
  if (post.flags != 0) {
    std::vector<std::string_view> names;
    for (const ExportFlag& flag : kExportFlags) {
      if ((post.flags & flag.bit) != 0) names.push_back(flag.name);
    }
    AppendList("flags", names, out);
  }
  AppendList("urls", posts.urls[row], out);
  AppendList("hashtags", posts.hashtags[row], out);
  if (row < posts.tasks.size()) AppendList("tasks", posts.tasks[row], out);
  out += "}\n";
}

void AppendExportLine(const Redaction& redaction, std::string& out) {
  out += "{\"redaction\":";
  AppendJsonString(RedactionKindName(redaction.kind), out);
  out += ",\"time\":";
  AppendTime(redaction.time, out);
  AppendMember("id", redaction.id, out);
  AppendMember("source", redaction.source, out);
  AppendMember("author", redaction.author, out);
  AppendMember("countries", redaction.countries, out);
  out += "}\n";
}

}  // namespace hb
