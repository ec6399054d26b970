#include "wire/json_posts.h"

#include <utility>

#include "wire/json_text.h"
#include "wire/x_v2.h"

namespace hb {

static_assert(JsonPosts::kPadding >= JsonText::kPadding);

struct JsonPosts::State {
  JsonFormat format;
  ColumnMap map;
  JsonText text;
  XV2 x2;
};

JsonPosts::JsonPosts(JsonFormat format, ColumnMap map) : state_(std::make_unique<State>()) {
  state_->format = format;
  state_->map = std::move(map);
}
JsonPosts::~JsonPosts() = default;
JsonPosts::JsonPosts(JsonPosts&&) noexcept = default;
JsonPosts& JsonPosts::operator=(JsonPosts&&) noexcept = default;

Status JsonPosts::Parse(std::string_view text, std::size_t readable_after, const WireRow& row,
                        WireSink& sink) {
  HB_ASSIGN(const JsonElement root, state_->text.Parse(text, readable_after));
  const auto object = AsObject(root);
  if (!object) return Error{Code::kInvalidArgument, "JSON, but not an object"};
  return state_->x2.Parse(*object, state_->text.repaired(), row, sink);
}

}  // namespace hb
