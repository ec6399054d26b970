// serve/live_clients.h - who listens to the live stream, and what each is sent.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/mutex.h"
#include "serve/http_server.h"
#include "serve/live_events.h"

namespace hb {

/// Threads    Any.
/// Ownership  `events` outlives this. Clients are let go once they are closed.
/// Memory     A text is held once for all who are sent the same, also for those who resume at the
///            same place: after a break thousands come back within a moment.
class LiveClients {
 public:
  using Events = std::vector<std::shared_ptr<const LiveEvent>>;
  /// What a client wants.
  struct Wish {
    std::string task;                ///< "" or "*": everything
    std::vector<std::string> kinds;  ///< of events; empty: all
    std::string last_id;             ///< of the last event it had; "": it is new
  };

  explicit LiveClients(LiveEvents& events) : events_(events) {}

  /// Sends what came since `wish.last_id`, or the event `reset` if that is not kept, and from then
  /// on all that is wanted.
  void Add(std::shared_ptr<EventSink> sink, Wish wish);
  [[nodiscard]] bool empty() const;
  /// Sends what `make` publishes; nobody is added meanwhile, so that each client is given the
  /// events in the order of their ids, by which it resumes. `keep_alive`: a comment for everybody.
  void Deliver(const std::function<Events(LiveEvents&)>& make, bool keep_alive = false);

 private:
  struct Client {
    std::shared_ptr<EventSink> sink;
    Wish wish;
  };
  [[nodiscard]] EventText Missed(const Wish& wish) HB_REQUIRES(mutex_);

  LiveEvents& events_;
  mutable Mutex mutex_;
  std::vector<Client> clients_ HB_GUARDED_BY(mutex_);
  using Place = std::tuple<std::string, std::string, std::vector<std::string>>;
  std::map<Place, EventText> missed_ HB_GUARDED_BY(mutex_);  ///< since the last Deliver
};

}  // namespace hb
