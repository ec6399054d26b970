#include "wire/mastodon_posts.h"

#include <fmt/format.h>

#include <utility>

#include "wire/json_text.h"
#include "wire/mastodon.h"

namespace hb {

struct MastodonPosts::State {
  explicit State(MastodonOptions options) : mastodon(std::move(options)) {}
  Mastodon mastodon;
  JsonText text;
};

MastodonPosts::MastodonPosts(MastodonOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
MastodonPosts::~MastodonPosts() = default;
MastodonPosts::MastodonPosts(MastodonPosts&&) noexcept = default;
MastodonPosts& MastodonPosts::operator=(MastodonPosts&&) noexcept = default;

Status MastodonPosts::Event(std::string_view event, std::string_view data, const WireRow& row,
                            WireSink& sink) {
  return state_->mastodon.Event(event, data, row, sink);
}

Status MastodonPosts::Message(std::string_view text, const WireRow& row, WireSink& sink) {
  HB_ASSIGN(const JsonElement root, state_->text.Parse(text, 0));
  const auto object = AsObject(root);
  if (!object) return Error{Code::kInvalidArgument, "JSON, but not an object"};
  return state_->mastodon.Parse(*object, state_->text.repaired(), row, sink);
}

Result<MastodonPosts::Page> MastodonPosts::Timeline(std::string_view text, const WireRow& row,
                                                    WireSink& sink) {
  HB_ASSIGN(const JsonElement root, state_->text.Parse(text, 0));
  JsonArray list;
  if (root.get(list) != simdjson::SUCCESS) {
    return Error{Code::kInvalidArgument, "JSON, but not a list of statuses"};
  }
  Page page;
  for (const JsonElement& element : list) {
    const auto object = AsObject(element);
    const Status read = object ? state_->mastodon.Parse(*object, state_->text.repaired(), row, sink)
                               : Status(Error{Code::kInvalidArgument, "not an object"});
    if (!read.ok()) {
      sink.faults.push_back({.part = fmt::format("[{}]", page.statuses),
                             .reason = read.error().message,
                             .raw = simdjson::minify(element)});
    }
    ++page.statuses;
    if (!object) continue;
    const std::string_view id = JsonString(*object, "id");
    if (page.newest.empty() || CompareMastodonIds(id, page.newest) > 0) page.newest = id;
    if (page.oldest.empty() || CompareMastodonIds(id, page.oldest) < 0) page.oldest = id;
  }
  return page;
}

std::string MastodonPosts::IdOf(std::string_view data) {
  const auto root = state_->text.Parse(data, 0);
  const auto object = root.ok() ? AsObject(root.value()) : std::nullopt;
  return object ? std::string(JsonString(*object, "id")) : std::string();
}

int CompareMastodonIds(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const int order = a.compare(b);
  return order < 0 ? -1 : order > 0;
}

}  // namespace hb
