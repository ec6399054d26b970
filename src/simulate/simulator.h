// simulate/simulator.h - all stand-ins on one address, and the way to tell them what to do wrong.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "simulate/http_server.h"
#include "simulate/jetstream.h"
#include "simulate/mastodon.h"
#include "simulate/world.h"
#include "simulate/x_api.h"

namespace hb::simulate {

/// Stand-ins for the networks on one port.
///
///   /2/..., /compliance/...   X API v2 (x_api.h)
///   /subscribe, /xrpc/network.bsky.jetstream.*   Bluesky's Jetstream (jetstream.h)
///   /api/...               a Mastodon server (mastodon.h)
///   GET  /simulate/faults  the faults to come
///   POST /simulate/faults  adds faults: Faults::Add says how
///   GET  /simulate/sent    each stream: when it began and ended, how, how many posts it was sent;
///                          and when nobody listened
///   POST /simulate/usage   ?used=&cap=: posts that X has counted this month, and its cap; what is
///                          not said stays
///   GET  /simulate/posts   ?from_ms=&to_ms=: a line for each post that X's rules match, and how
///                          often it was sent
///
/// Lifecycle  Start; Stop, or the destructor. `clock` outlives it.
/// Threads    Any.
class Simulator {
 public:
  /// Answers requests whose path begins with `first`. Called on many threads at once.
  struct Site {
    std::string prefix;
    Server::Handler handler;
  };
  struct Options {
    std::string listen = "127.0.0.1:0";
    Corpus::Options corpus;
    PostBatch posts;  ///< what is played; empty: posts are made up
    std::vector<Redaction> redactions;
    XApi::Options x;
    JetstreamApi::Options jetstream{};
    MastodonApi::Options mastodon{};
    std::string faults;  ///< as the body of POST /simulate/faults; "" for none
  };
  /// kInvalidArgument: an option; kUnavailable: the port is taken.
  static Result<std::unique_ptr<Simulator>> Start(Options options, Clock& clock);
  ~Simulator();

  [[nodiscard]] std::string base_url() const { return server_->base_url(); }
  [[nodiscard]] World& world() { return world_; }
  void Stop() { server_->Stop(); }

 private:
  Simulator(Options& options, std::shared_ptr<const Corpus> corpus, Clock& clock);
  void Handle(Exchange& exchange);
  void Control(Exchange& exchange);

  World world_;
  XApi x_;
  JetstreamApi jetstream_;
  MastodonApi mastodon_;
  std::vector<Site> sites_;
  std::unique_ptr<Server> server_;
};

}  // namespace hb::simulate
