// log/kafka/client.h - makes librdkafka's clients from KafkaOptions; private to this folder.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "log/kafka/handles.h"
#include "log/kafka/kafka_log.h"

namespace hb::kafka {

/// What the clients of a log last said of their connections.
///
/// Threads  Any.
class Connections {
 public:
  void Note(std::string text);
  void NoteFatal(Error error);  ///< what no waiting mends: a password
  [[nodiscard]] std::string Last() const;
  [[nodiscard]] Status Fatal() const;

 private:
  mutable Mutex mutex_;
  std::string last_ HB_GUARDED_BY(mutex_);
  std::string fatal_ HB_GUARDED_BY(mutex_);
};

/// Of a consumer: told of changes of its assignment inside its poll.
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  virtual void OnAssigned(const rd_kafka_topic_partition_list_t& partitions) = 0;
  virtual void OnRevoked(const rd_kafka_topic_partition_list_t& partitions) = 0;
};

enum class Role { kReader, kConsumer, kProducer };
using Settings = std::vector<std::pair<std::string, std::string>>;

/// Makes clients of one cluster.
///
/// Threads    Any.
/// Ownership  `options` and this outlive the clients.
class ClientFactory {
 public:
  explicit ClientFactory(const KafkaOptions& options) : options_(options) {}
  /// A client with the settings of its role, the user's, and `own`, of which the later win. Nothing
  /// is connected yet. kInvalidArgument names the setting.
  Result<ClientHandle> Make(Role role, const Settings& own, RebalanceListener* listener = nullptr);
  [[nodiscard]] Connections& connections() { return connections_; }
  [[nodiscard]] const std::string& servers() const { return options_.bootstrap_servers; }
  /// What went wrong while `doing` something, with the servers and, if a broker could not be
  /// reached, why.
  Error Fault(const std::string& doing, rd_kafka_resp_err_t code, const std::string& text = "");

 private:
  /// What a client's callbacks know of it.
  struct Context {
    Connections* connections;
    RebalanceListener* listener;
    std::string token_file;
  };
  static void Log(const rd_kafka_t* client, int level, const char* facility, const char* text);
  static void RefreshToken(rd_kafka_t* client, const char* config, void* context);
  static void OnError(rd_kafka_t* client, int code, const char* reason, void* context);
  static void Rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                        rd_kafka_topic_partition_list_t* partitions, void* context);

  const KafkaOptions& options_;
  Connections connections_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Context>> contexts_ HB_GUARDED_BY(mutex_);
};

/// True where the same call may succeed later.
bool IsPassing(rd_kafka_resp_err_t code);

}  // namespace hb::kafka
