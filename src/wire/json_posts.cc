#include "wire/json_posts.h"

#include <utility>

#include "wire/export_reader.h"
#include "wire/jetstream.h"
#include "wire/json_text.h"
#include "wire/mastodon.h"
#include "wire/x_v1.h"
#include "wire/x_v2.h"

namespace hb {

static_assert(JsonPosts::kPadding >= JsonText::kPadding);

struct JsonPosts::State {
  explicit State(JsonFormat wanted, ColumnMap map)
      : format(wanted), mapped(!map.empty()), generic(std::move(map)) {
    // A user who maps members means flat objects.
    if (format == JsonFormat::kAuto && mapped) format = JsonFormat::kGeneric;
  }
  JsonFormat format;
  bool mapped;
  JsonFormat last = JsonFormat::kX2;  // most files hold one kind: it is asked first
  JsonText text;
  XV2 x2;
  Jetstream jetstream;
  Mastodon mastodon;
  GenericReader generic;

  static bool Is(JsonFormat format, const JsonObject& root) {
    switch (format) {
      case JsonFormat::kX2: return XV2::Recognise(root);
      case JsonFormat::kX1: return XV1::Recognise(root);
      case JsonFormat::kJetstream: return Jetstream::Recognise(root);
      case JsonFormat::kMastodon: return Mastodon::Recognise(root);
      case JsonFormat::kExport: return ExportReader::Recognise(root);
      default: return false;
    }
  }
  JsonFormat FormatOf(const JsonObject& root) {
    if (format != JsonFormat::kAuto) return format;
    if (Is(last, root)) return last;
    // X v1.1's posts have members of Mastodon's as well, but never all of them.
    for (const JsonFormat each : {JsonFormat::kMastodon, JsonFormat::kX2, JsonFormat::kX1,
                                  JsonFormat::kJetstream, JsonFormat::kExport}) {
      if (Is(each, root)) return last = each;
    }
    return JsonFormat::kGeneric;
  }
};

JsonPosts::JsonPosts(JsonFormat format, ColumnMap map)
    : state_(std::make_unique<State>(format, std::move(map))) {}
JsonPosts::~JsonPosts() = default;
JsonPosts::JsonPosts(JsonPosts&&) noexcept = default;
JsonPosts& JsonPosts::operator=(JsonPosts&&) noexcept = default;

Status JsonPosts::Parse(std::string_view text, std::size_t readable_after, const WireRow& row,
                        WireSink& sink) {
  HB_ASSIGN(const JsonElement root, state_->text.Parse(text, readable_after));
  const auto object = AsObject(root);
  if (!object) return Error{Code::kInvalidArgument, "JSON, but not an object"};
  const bool repaired = state_->text.repaired();
  switch (state_->FormatOf(*object)) {
    case JsonFormat::kX2: return state_->x2.Parse(*object, repaired, row, sink);
    case JsonFormat::kX1: return XV1::Parse(*object, repaired, row, sink);
    case JsonFormat::kJetstream: return state_->jetstream.Parse(*object, repaired, row, sink);
    case JsonFormat::kMastodon: return state_->mastodon.Parse(*object, repaired, row, sink);
    case JsonFormat::kExport: return ExportReader::Parse(*object, repaired, row, sink);
    default: return state_->generic.Parse(*object, repaired, row, sink);
  }
}

}  // namespace hb
