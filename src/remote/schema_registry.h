// remote/schema_registry.h - a Schema Registry over HTTP.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http_client.h"
#include "record/schema_source.h"

namespace hb {

/// Client of any registry that speaks Confluent's API (Confluent's own, Apicurio's ccompat,
/// Karapace, Redpanda's; confluentinc/schema-registry, schema-registry-api-spec.yaml). Subjects are
/// named `<topic>-value`. What was learnt is kept for ever, since ids never change: a registry that
/// goes away stops nothing that is known.
///
/// Each question goes to the addresses in turn, beginning with the one that answered last; when
/// none answers, or says 5xx, 408 or 429, again after a growing pause, up to `rounds` times.
///
/// Threads  Any; those that ask at the same time wait for each other.
/// Errors   As SchemaSource says. Messages name the address, what was asked, and what was answered.
class SchemaRegistry : public SchemaSource {
 public:
  struct Options {
    std::vector<std::string> urls;  ///< "http://127.0.0.1:8081", with a path where it has one
    bool may_register = true;       ///< else subjects must hold our schemas already
    std::string user, password;     ///< basic authentication; "" for none
    std::chrono::milliseconds timeout{5'000};  ///< of one request
    int rounds = 3;
    std::chrono::milliseconds pause{200};  ///< after the first round, then twice as long
    /// Does one request; empty: over HTTP. For tests.
    std::function<Result<HttpAnswer>(const HttpCall&)> perform;
  };
  explicit SchemaRegistry(Options options);

  /// Before a schema is registered the registry is asked whether it is compatible.
  Result<std::uint32_t> IdOf(const std::string& topic, std::string_view schema) override;
  Result<std::string> SchemaOf(std::uint32_t id) override;
  /// Ends waits of running calls, and of later ones: they give kCancelled.
  void Stop() noexcept;

 private:
  /// An answer of 2xx or 4xx, and who gave it.
  struct Reply {
    HttpAnswer answer;
    std::string from;
  };
  Result<Reply> Ask(const std::string& method, const std::string& path, const std::string& body);
  Result<HttpAnswer> AskOne(const std::string& url, const std::string& method,
                            const std::string& path, const std::string& body);
  Status CheckCompatible(const std::string& subject, const std::string& body);
  /// Nothing if the subject does not hold the schema and it may be registered.
  Result<std::optional<std::uint32_t>> Find(const std::string& subject, const std::string& body);
  Result<std::uint32_t> FindOrRegister(const std::string& subject, std::string_view schema);
  bool Pause(std::chrono::milliseconds time);

  const Options options_;
  std::mutex mutex_;  ///< of all below but what Pause uses
  std::size_t last_good_ = 0;
  std::map<std::pair<std::string, std::string>, std::uint32_t> ids_;  ///< by subject and schema
  std::map<std::uint32_t, std::string> schemas_;
  HttpConnection connection_;

  std::mutex pause_mutex_;
  std::condition_variable pause_;
  bool stopping_ = false;
};

}  // namespace hb
