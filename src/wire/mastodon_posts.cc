#include "wire/mastodon_posts.h"

#include <algorithm>
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

Result<MastodonPosts::StreamEvent> MastodonPosts::SplitMessage(std::string_view text) {
  JsonText reader;
  HB_ASSIGN(const JsonElement root, reader.Parse(text, 0));
  const auto object = AsObject(root);
  if (!object) return Error{Code::kInvalidArgument, "JSON, but not an object"};
  if (const std::string_view error = JsonString(*object, "error"); !error.empty())
    return Error{Code::kUnavailable, "error of the server: " + std::string(error.substr(0, 100))};
  StreamEvent event{.type = std::string(JsonString(*object, "event")),
                    .data = std::string(JsonString(*object, "payload"))};
  if (event.type.empty()) return Error{Code::kInvalidArgument, "field event: missing"};
  // Some servers write it out instead of as a text.
  if (const auto inner = JsonMember(*object, "payload")) event.data = simdjson::minify(*inner);
  return event;
}

int MastodonPosts::ErrorStatus(std::string_view text) {
  JsonText reader;
  const auto root = reader.Parse(text, 0);
  if (!root.ok()) return 0;
  const auto object = AsObject(root.value());
  const std::int64_t status = object ? JsonInt(*object, "status").value_or(0) : 0;
  return status >= 400 && status < 600 ? static_cast<int>(status) : 0;
}

Result<MastodonPosts::Page> MastodonPosts::Split(std::string_view text) {
  JsonText reader;
  HB_ASSIGN(const JsonElement root, reader.Parse(text, 0));
  JsonArray list;
  if (root.get(list) != simdjson::SUCCESS)
    return Error{Code::kInvalidArgument, "JSON, but not a list of statuses"};
  Page page;
  for (const JsonElement& element : list) {
    page.statuses.push_back(simdjson::minify(element));
    const auto object = AsObject(element);
    const std::string_view id = object ? JsonString(*object, "id") : std::string_view();
    if (CompareMastodonIds(id, page.newest) > 0) page.newest = id;
  }
  std::reverse(page.statuses.begin(), page.statuses.end());
  return page;
}

std::string MastodonPosts::IdOf(std::string_view data) {
  JsonText reader;
  const auto root = reader.Parse(data, 0);
  const auto object = root.ok() ? AsObject(root.value()) : std::nullopt;
  return object ? std::string(JsonString(*object, "id")) : std::string();
}

std::string MastodonPosts::StreamingUrl(std::string_view instance) {
  JsonText reader;
  const auto root = reader.Parse(instance, 0);
  auto object = root.ok() ? AsObject(root.value()) : std::nullopt;
  for (const std::string_view member : {"configuration", "urls"}) {
    if (object) object = JsonMember(*object, member);
  }
  return object ? std::string(JsonString(*object, "streaming")) : std::string();
}

int CompareMastodonIds(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const int order = a.compare(b);
  return order < 0 ? -1 : order > 0;
}

}  // namespace hb
