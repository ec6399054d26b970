// serve/server.h - the API, the dashboard and the live stream over HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "serve/backend.h"
#include "serve/http.h"
#include "serve/live_hub.h"
#include "serve/statement_gate.h"
#include "serve/static_files.h"

namespace hb {

/// Answers HTTP on a TCP address and on a Unix socket.
///
/// Lifecycle  Start, then Stop (also by the destructor), which ends all connections and statements
///            of users within a second.
/// Threads    Any. The server has its own threads: a few for connections, a few for handlers.
/// Memory     Bounded: connections, header and body sizes, queued events a client, handlers at
/// once.
class Server {
 public:
  struct Options {
    std::string listen = "127.0.0.1:8080";  ///< port 0 takes a free one; "" listens on no address
    std::string token;                      ///< required when `listen` is not loopback
    std::string control_socket;             ///< path of the Unix socket (mode 0600), "" for none
    std::string elasticsearch_listen;  ///< second address with the /es surface at /, "" for none
    std::string export_dir;            ///< where exports are written before they are sent
    std::size_t max_connections = 12'000;
  };
  /// `backend`, `hub` and `files` outlive the server. kInvalidArgument: the address is not usable
  /// or not loopback without a token; kUnavailable: the port is taken.
  static Result<std::unique_ptr<Server>> Start(Options options, Backend& backend, LiveHub& hub,
                                               std::span<const StaticFile> files);
  virtual ~Server() = default;
  virtual void Stop() = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

/// Answers one request without any network, for commands that run while no `up` does. Live streams
/// are not among what it answers.
///
/// Threads  Any; a statement of a user waits for its turn at `gate`, unless that is null.
HttpResponse HandleRequest(const HttpRequest& request, Backend& backend,
                           const std::string& export_dir, StatementGate* gate = nullptr);

}  // namespace hb
