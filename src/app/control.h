// app/control.h - one API request of a command: to the running `up`, or to the data folder itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/config.h"
#include "base/result.h"
#include "serve/http.h"

namespace hb {

/// Path of the socket on which `up` listens for commands.
std::string ControlSocketPath(const std::string& data_dir);

/// Sends API requests of one command. If an `up` holds the data folder they go through its control
/// socket; if not, the folder is opened for the command's life.
///
/// Threads  One.
class Control {
 public:
  /// Configuration and data folder of the command line. kUnavailable: the folder is in use and its
  /// owner does not answer.
  static Result<std::unique_ptr<Control>> Open(const std::string& config_path,
                                               const std::string& data_dir);
  /// The same for what only asks for topics: on Kafka the cluster is asked, and no data folder is
  /// needed.
  static Result<std::unique_ptr<Control>> OpenTopics(const std::string& config_path,
                                                     const std::string& data_dir);
  /// Of the program that has the data folder of `config` now; null if none answers.
  static std::unique_ptr<Control> OfRunning(const Config& config);
  virtual ~Control() = default;
  /// `path_and_query`: "/api/v1/tasks?x=1". A problem document becomes an Error with its detail.
  virtual Result<HttpResponse> Call(const std::string& method, const std::string& path_and_query,
                                    const std::string& body) = 0;
};

/// Says what an answer warns of: texts that were left out.
void LogWarningOf(const HttpResponse& answer);

/// Percent-encodes everything but unreserved characters (RFC 3986).
std::string UrlEncode(std::string_view text);

}  // namespace hb
