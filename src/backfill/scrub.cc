#include "backfill/scrub.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <set>
#include <utility>

#include "base/json.h"
#include "wire/json_posts.h"

namespace hb::backfill {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

using Ids = std::set<std::string, std::less<>>;

std::string_view TextOf(element value, std::string_view name) {
  std::string_view text;
  return value[name].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

bool IsPosts(std::string_view name) { return name == "tweets" || name == "posts"; }

/// One page under way.
class Page {
 public:
  Page(element root, const FindGone& find) : root_(root), find_(find) {}

  /// Whether something is to be taken out.
  bool Find() {
    Judge(simdjson::minify(root_), true);
    element includes;
    object members;
    if (root_["includes"].get(includes) == simdjson::SUCCESS &&
        includes.get(members) == simdjson::SUCCESS) {
      element users;
      const bool has_users = includes["users"].get(users) == simdjson::SUCCESS;
      const std::string of_users = has_users ? simdjson::minify(users) : "[]";
      for (const auto member : members) {
        if (!IsPosts(member.key)) continue;
        Judge(fmt::format(R"({{"data":{},"includes":{{"users":{}}}}})",
                          std::string(simdjson::minify(member.value)), of_users),
              false);
      }
    }
    if (gone_.empty()) return false;
    array data;
    if (root_["data"].get(data) != simdjson::SUCCESS) return true;
    for (const element post : data) {
      if (Repeats(post)) gone_.emplace(TextOf(post, "id"));
      if (!gone_.contains(TextOf(post, "id"))) staying_.emplace(TextOf(post, "author_id"));
    }
    return true;
  }

  std::string Write() {
    std::string out = "{";
    for (const auto member : object(root_)) {
      if (out.size() > 1) out += ',';
      AppendJsonString(member.key, out);
      out += ':';
      if (member.key == "data") {
        WritePosts(member.value, true, out);
      } else if (member.key == "includes") {
        WriteIncludes(member.value, out);
      } else {
        out += simdjson::minify(member.value);
      }
    }
    return out + "}";
  }

  [[nodiscard]] std::uint64_t posts() const { return posts_; }

 private:
  /// Adds the ids of the posts of a text that are gone, and their authors.
  void Judge(const std::string& text, bool of_page) {
    PostBatch posts;
    std::vector<Redaction> redactions;
    std::vector<WireFault> faults;
    WireSink sink{.posts = posts, .redactions = redactions, .faults = faults};
    JsonPosts parser(JsonFormat::kX2);
    if (!parser.Parse(text, 0, {.source = "x_search", .row_id = {}, .arrival = {}}, sink).ok()) {
      return;
    }
    std::vector<bool> gone(posts.size(), false);
    find_(posts, gone);
    for (std::size_t row = 0; row < posts.size(); ++row) {
      if (!gone[row] || (of_page && IsPlaceholder(posts, row))) continue;
      gone_.emplace(posts.id[row]);
      authors_.emplace(posts.author[row]);
    }
  }

  /// Whether a post repeats one that is gone.
  bool Repeats(element post) const {
    array references;
    if (post["referenced_tweets"].get(references) != simdjson::SUCCESS &&
        post["referenced_posts"].get(references) != simdjson::SUCCESS) {
      return false;
    }
    for (const element reference : references) {
      const std::string_view type = TextOf(reference, "type");
      if ((type == "retweeted" || type == "reposted") && gone_.contains(TextOf(reference, "id"))) {
        return true;
      }
    }
    return false;
  }

  /// A list without the elements that `stays` denies; each is written by `write`. What is no list
  /// stays as it is.
  template <typename Stays, typename Write>
  static void WriteList(element value, std::string& out, Stays stays, Write write) {
    array list;
    if (value.get(list) != simdjson::SUCCESS) {
      out += simdjson::minify(value);
      return;
    }
    out += '[';
    const std::size_t begin = out.size();
    for (const element one : list) {
      if (!stays(one)) continue;
      if (out.size() > begin) out += ',';
      write(one);
    }
    out += ']';
  }

  void WritePosts(element value, bool of_page, std::string& out) {
    const auto gone = [&](element post) { return gone_.contains(TextOf(post, "id")); };
    const auto stays = [&](element post) { return of_page || !gone(post); };
    WriteList(value, out, stays, [&](element post) {
      if (!gone(post)) {
        out += simdjson::minify(post);
        return;
      }
      posts_ += TextOf(post, "text").empty() ? 0 : 1;
      out += fmt::format(R"({{"id":{},"text":"")", JsonQuote(TextOf(post, "id")));
      if (const std::string_view time = TextOf(post, "created_at"); !time.empty()) {
        out += fmt::format(R"(,"created_at":{})", JsonQuote(time));
      }
      out += '}';
    });
  }

  void WriteIncludes(element value, std::string& out) {
    object members;
    if (value.get(members) != simdjson::SUCCESS) {
      out += simdjson::minify(value);
      return;
    }
    out += '{';
    const std::size_t begin = out.size();
    for (const auto member : members) {
      if (out.size() > begin) out += ',';
      AppendJsonString(member.key, out);
      out += ':';
      if (IsPosts(member.key)) {
        WritePosts(member.value, false, out);
      } else if (member.key == "users") {
        WriteUsers(member.value, out);
      } else {
        out += simdjson::minify(member.value);
      }
    }
    out += '}';
  }

  void WriteUsers(element value, std::string& out) {
    const auto stays = [&](element user) {
      const std::string_view id = TextOf(user, "id");
      return !authors_.contains(id) || staying_.contains(id);
    };
    WriteList(value, out, stays, [&](element user) { out += simdjson::minify(user); });
  }

  const element root_;
  const FindGone& find_;
  Ids gone_;     ///< posts
  Ids authors_;  ///< of those
  Ids staying_;  ///< authors of other posts of the page
  std::uint64_t posts_ = 0;
};

}  // namespace

std::string ScrubPage(std::string_view page, const FindGone& find, std::uint64_t& posts) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(simdjson::padded_string(page)).get(root) != simdjson::SUCCESS ||
      !root.is_object()) {
    return std::string(page);
  }
  Page under_way(root, find);
  if (!under_way.Find()) return std::string(page);
  std::string out = under_way.Write();
  if (page.ends_with('\n')) out += '\n';
  posts += under_way.posts();
  return out;
}

Result<Scrubbed> ScrubStaging(Staging& staging, const FindGone& find,
                              const std::function<bool()>& stopped) {
  Scrubbed done;
  HB_ASSIGN(const std::vector<std::string> names, staging.List("posts/"));
  for (const std::string& name : names) {
    if (stopped && stopped()) return Error{Code::kCancelled, "stopping"};
    HB_ASSIGN(const std::string page, staging.Get(name));
    const std::string scrubbed = ScrubPage(page, find, done.posts);
    if (scrubbed == page) continue;
    HB_TRY(staging.Put(name, scrubbed));
    ++done.pages;
  }
  return done;
}

}  // namespace hb::backfill
