#include "serve/live_clients.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace hb {

namespace {

constexpr std::size_t kMaxMissed = 256;  ///< texts that are kept for others who resume

EventText Shared(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

/// The events that are wanted, as text.
void AddText(const LiveClients::Events& events, const LiveClients::Wish& wish, std::string& out) {
  for (const auto& event : events) {
    const auto& kinds = wish.kinds;
    if (kinds.empty() || std::find(kinds.begin(), kinds.end(), event->kind) != kinds.end())
      out += event->Text(wish.task);
  }
}

std::optional<std::uint64_t> IdOf(std::string_view text) {
  std::uint64_t id = 0;
  const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (fault != std::errc() || at != text.data() + text.size()) return std::nullopt;
  return id;
}

}  // namespace

EventText LiveClients::Missed(const Wish& wish) {
  const auto place = std::tie(wish.last_id, wish.task, wish.kinds);
  if (const auto same = missed_.find(place); same != missed_.end()) return same->second;
  const auto id = IdOf(wish.last_id);
  const auto events = id ? events_.After(*id) : std::nullopt;
  std::string text;
  if (events) {
    AddText(*events, wish, text);
  } else {
    text = "event: reset\ndata: {}\n\n";
  }
  EventText made = Shared(std::move(text));
  if (missed_.size() < kMaxMissed) missed_.emplace(place, made);
  return made;
}

void LiveClients::Add(std::shared_ptr<EventSink> sink, Wish wish) {
  static const EventText kRetry = Shared("retry: 1000\n\n");
  const MutexLock lock(mutex_);
  sink->Send(kRetry);
  if (!wish.last_id.empty()) {
    if (EventText missed = Missed(wish); !missed->empty()) sink->Send(std::move(missed));
  }
  clients_.push_back({std::move(sink), std::move(wish)});
}

bool LiveClients::empty() const {
  const MutexLock lock(mutex_);
  return clients_.empty();
}

void LiveClients::Deliver(const std::function<Events(LiveEvents&)>& make, bool keep_alive) {
  const MutexLock lock(mutex_);
  const Events events = make(events_);
  missed_.clear();  // Those who resume from now on have missed these too.
  std::erase_if(clients_, [](const Client& client) { return client.sink->closed(); });
  std::map<std::pair<std::string_view, std::vector<std::string>>, EventText> texts;
  for (const Client& client : clients_) {
    EventText& text = texts[{client.wish.task, client.wish.kinds}];
    if (!text) {
      std::string made = keep_alive ? ": keep-alive\n\n" : "";
      AddText(events, client.wish, made);
      text = Shared(std::move(made));
    }
    if (!text->empty()) client.sink->Send(text);
  }
}

}  // namespace hb
