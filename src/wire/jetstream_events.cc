#include "wire/jetstream_events.h"

#include "wire/jetstream.h"
#include "wire/json_text.h"
#include "wire/times.h"

namespace hb {

namespace {

std::int64_t TimeOf(const JsonObject& root) {
  const auto payload = JsonMember(root, "payload");
  const JsonObject& event = payload ? *payload : root;
  if (const auto micros = JsonInt(event, "time_us")) {
    return *micros > 0 && *micros < ToMillis(kMaxPostTime) * 1000 ? *micros : 0;
  }
  const auto time = ParsePostTime(JsonString(event, "time"));
  return time ? ToMillis(*time) * 1000 : 0;
}

}  // namespace

struct JetstreamEvents::State {
  JsonText text;
  Jetstream jetstream;
};

JetstreamEvents::JetstreamEvents() : state_(std::make_unique<State>()) {}
JetstreamEvents::~JetstreamEvents() = default;

Status JetstreamEvents::Parse(std::string_view text, const WireRow& row, WireSink& sink,
                              JetstreamEvent& event) {
  event = {};
  HB_ASSIGN(const JsonElement root, state_->text.Parse(text, 0));
  const auto object = AsObject(root);
  if (!object) return Error{Code::kInvalidArgument, "JSON, but not an object"};
  event.time_us = TimeOf(*object);
  return state_->jetstream.Parse(*object, state_->text.repaired(), row, sink);
}

}  // namespace hb
