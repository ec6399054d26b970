#include "log/kafka/client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "base/logging.h"

namespace hb::kafka {

namespace {

/// Not librdkafka's: the file that holds the token of OAUTHBEARER, written anew by others before it
/// expires.
constexpr char kTokenFile[] = "sasl.oauthbearer.token.file";
/// After this it is read again.
constexpr std::chrono::seconds kTokenLife{60};

constexpr std::array kSecrets = {
    SecretProperty{"sasl.oauthbearer.client.secret", "HEARTBEAT_KAFKA_OAUTH_CLIENT_SECRET"},
    SecretProperty{kTokenFile, "HEARTBEAT_KAFKA_OAUTH_TOKEN_FILE"},
    SecretProperty{"sasl.password", "HEARTBEAT_KAFKA_SASL_PASSWORD"},
    SecretProperty{"ssl.key.password", "HEARTBEAT_KAFKA_KEY_PASSWORD"},
    SecretProperty{"ssl.key.pem", "HEARTBEAT_KAFKA_KEY_PEM"},
    SecretProperty{"ssl.keystore.password", "HEARTBEAT_KAFKA_KEYSTORE_PASSWORD"},
};

/// What exactly-once, and what is said of the log, stands on.
constexpr std::array<std::string_view, 16> kOurs = {"acks",
                                                    "auto.offset.reset",
                                                    "bootstrap.servers",
                                                    "enable.auto.commit",
                                                    "enable.auto.offset.store",
                                                    "enable.gapless.guarantee",
                                                    "enable.idempotence",
                                                    "enable.partition.eof",
                                                    "group.id",
                                                    "isolation.level",
                                                    "metadata.broker.list",
                                                    "partition.assignment.strategy",
                                                    "partitioner",
                                                    "request.required.acks",
                                                    "topic.blacklist",
                                                    "transactional.id"};

Settings Defaults(Role role) {
  Settings out = {{"client.id", "heartbeat"},
                  {"socket.keepalive.enable", "true"},
                  {"log.connection.close", "false"},
                  {"reconnect.backoff.max.ms", "2000"},
                  {"topic.metadata.refresh.interval.ms", "60000"}};
  if (role == Role::kProducer) {
    out.insert(out.end(), {{"compression.type", "lz4"},
                           {"linger.ms", "20"},
                           {"queue.buffering.max.messages", "1000000"},
                           // How long others wait for what a killed process had open.
                           {"transaction.timeout.ms", "15000"}});
    return out;
  }
  // A full queue pauses a partition for fetch.error.backoff.ms (librdkafka before 2.2 has no
  // setting of its own for that), which must be less than it takes to work the queue off.
  out.insert(out.end(),
             {{"fetch.error.backoff.ms", "20"}, {"queued.max.messages.kbytes", "16384"}});
  if (role == Role::kReader) {
    // Reads end at the end of a partition: the broker need not wait there for more.
    out.emplace_back("fetch.wait.max.ms", "10");
  } else {
    // Until others take over from a killed process, and until one hears that another has joined.
    out.insert(out.end(), {{"session.timeout.ms", "10000"}, {"heartbeat.interval.ms", "1000"}});
  }
  return out;
}

Settings Required(Role role, const KafkaOptions& options) {
  Settings out = {{"bootstrap.servers", options.bootstrap_servers}};
  if (role == Role::kProducer) {
    out.emplace_back("enable.idempotence", "true");
    return out;
  }
  out.insert(out.end(), {{"enable.auto.commit", "false"},
                         {"enable.auto.offset.store", "false"},
                         {"isolation.level", "read_committed"},
                         {"auto.offset.reset", "earliest"},
                         {"enable.partition.eof", "true"},
                         {"partition.assignment.strategy", "cooperative-sticky"}});
  return out;
}

Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  if (name == kTokenFile) return Ok();
  char why[512];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK) {
    return Ok();
  }
  return Error{Code::kInvalidArgument, "[kafka] " + name + ": " + why};
}

Status CheckProperty(const std::string& name, const std::string& value, bool secret) {
  const auto known = std::ranges::find(kSecrets, name, &SecretProperty::name);
  if (!secret && known != kSecrets.end()) {
    return Error{Code::kInvalidArgument, "[kafka] " + name +
                                             " is a secret: give it by the variable " +
                                             std::string(known->variable) + " of the environment"};
  }
  if (secret && known == kSecrets.end()) {
    return Error{Code::kInvalidArgument, "[kafka] " + name + " is no secret that is known"};
  }
  if (std::ranges::find(kOurs, name) != kOurs.end()) {
    return Error{Code::kInvalidArgument,
                 "[kafka] " + name + " cannot be set: heartbeat's exactly-once stands on its own"};
  }
  const ConfHandle conf(rd_kafka_conf_new());
  return Set(conf.get(), name, value);
}

bool UsesTokens(const KafkaOptions& options) {
  for (const char* name : {"sasl.mechanisms", "sasl.mechanism"}) {
    const auto found = options.properties.find(name);
    if (found != options.properties.end() && found->second == "OAUTHBEARER") return true;
  }
  return false;
}

}  // namespace

std::span<const SecretProperty> SecretProperties() { return kSecrets; }

Status CheckOptions(const KafkaOptions& options) {
  if (options.bootstrap_servers.empty()) {
    return Error{Code::kInvalidArgument,
                 "[kafka] bootstrap_servers is empty: name a broker, host:port"};
  }
  if (options.application.empty()) {
    return Error{Code::kInvalidArgument, "[kafka] application must not be empty"};
  }
  if (options.max_compaction_lag >= std::chrono::hours(24) ||
      options.max_compaction_lag < std::chrono::milliseconds(1)) {
    return Error{Code::kInvalidArgument,
                 "[kafka] the longest compaction lag must be less than a day, since deleted posts "
                 "must be gone by then"};
  }
  for (const auto& [name, value] : options.properties) HB_TRY(CheckProperty(name, value, false));
  for (const auto& [name, value] : options.secrets) HB_TRY(CheckProperty(name, value, true));
  return Ok();
}

void Connections::Note(std::string text) {
  const MutexLock lock(mutex_);
  last_ = std::move(text);
}

void Connections::NoteFatal(Error error) {
  const MutexLock lock(mutex_);
  fatal_ = std::move(error.message);
}

std::string Connections::Last() const {
  const MutexLock lock(mutex_);
  return last_;
}

Status Connections::Fatal() const {
  const MutexLock lock(mutex_);
  if (fatal_.empty()) return Ok();
  return Error{Code::kInvalidArgument, fatal_};
}

Result<ClientHandle> ClientFactory::Make(Role role, const Settings& own,
                                         RebalanceListener* listener) {
  ConfHandle conf(rd_kafka_conf_new());
  for (const auto& [name, value] : Defaults(role)) HB_TRY(Set(conf.get(), name, value));
  for (const auto* given : {&options_.properties, &options_.secrets}) {
    for (const auto& [name, value] : *given) HB_TRY(Set(conf.get(), name, value));
  }
  for (const auto& [name, value] : Required(role, options_)) HB_TRY(Set(conf.get(), name, value));
  for (const auto& [name, value] : own) HB_TRY(Set(conf.get(), name, value));
  Context* context = nullptr;
  {
    const MutexLock lock(mutex_);
    context =
        contexts_.emplace_back(std::make_unique<Context>(Context{&connections_, listener, ""}))
            .get();
  }
  const bool tokens = UsesTokens(options_);
  rd_kafka_conf_enable_sasl_queue(conf.get(), tokens ? 1 : 0);
  if (const auto file = options_.secrets.find(kTokenFile); file != options_.secrets.end()) {
    context->token_file = file->second;
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf.get(), &ClientFactory::RefreshToken);
  }
  rd_kafka_conf_set_opaque(conf.get(), context);
  rd_kafka_conf_set_log_cb(conf.get(), &ClientFactory::Log);
  if (role == Role::kReader) rd_kafka_conf_set_error_cb(conf.get(), &ClientFactory::OnError);
  if (listener != nullptr) rd_kafka_conf_set_rebalance_cb(conf.get(), &ClientFactory::Rebalance);
  char why[512];
  ClientHandle client(rd_kafka_new(role == Role::kProducer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                                   conf.get(), why, sizeof why));
  if (!client) return Error{Code::kInvalidArgument, std::string("[kafka] ") + why};
  (void)conf.release();  // the client's now
  if (tokens) {
    // Producers are not polled, so a thread of librdkafka asks for tokens.
    const ErrorHandle error(rd_kafka_sasl_background_callbacks_enable(client.get()));
    if (error) return Fault("logging in", rd_kafka_error_code(error.get()));
  }
  if (role != Role::kProducer) rd_kafka_poll_set_consumer(client.get());
  return client;
}

void ClientFactory::Log(const rd_kafka_t* client, int level, const char* facility,
                        const char* text) {
  constexpr int kCritical = 2;  // as syslog has it
  const bool connection = std::strcmp(facility, "FAIL") == 0 || std::strcmp(facility, "ERROR") == 0;
  if (level <= kCritical) {
    LogWarning("kafka: {}", text);
  } else if (auto* context = static_cast<Context*>(rd_kafka_opaque(client));
             connection && context != nullptr) {
    context->connections->Note(text);
  }
  // Warnings are of what is tried again, and, if it goes on, comes back as an error of a call; or
  // of settings of another role, which each client is given all the same.
}

void ClientFactory::RefreshToken(rd_kafka_t* client, const char*, void* opaque) {
  const std::string& file = static_cast<Context*>(opaque)->token_file;
  Result<std::string> token = ReadFile(file);
  if (!token.ok()) {
    rd_kafka_oauthbearer_set_token_failure(client, token.error().message.c_str());
    return;
  }
  std::erase_if(token.value(), [](unsigned char c) { return c <= ' '; });
  const auto until = std::chrono::system_clock::now() + kTokenLife;
  char why[256] = "";
  if (rd_kafka_oauthbearer_set_token(
          client, token.value().c_str(),
          std::chrono::duration_cast<std::chrono::milliseconds>(until.time_since_epoch()).count(),
          "heartbeat", nullptr, 0, why, sizeof why) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_oauthbearer_set_token_failure(client, (file + ": " + why).c_str());
  }
}

void ClientFactory::OnError(rd_kafka_t*, int code, const char* reason, void* context) {
  Connections& connections = *static_cast<Context*>(context)->connections;
  connections.Note(reason);
  if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    connections.NoteFatal({Code::kInvalidArgument, reason});
  }
}

void ClientFactory::Rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                              rd_kafka_topic_partition_list_t* partitions, void* context) {
  RebalanceListener& listener = *static_cast<Context*>(context)->listener;
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    listener.OnAssigned(*partitions);
    const ErrorHandle error(rd_kafka_incremental_assign(client, partitions));
    if (error) LogWarning("kafka: {}", rd_kafka_error_string(error.get()));
  } else {
    listener.OnRevoked(*partitions);
    const ErrorHandle error(rd_kafka_incremental_unassign(client, partitions));
    if (error) LogWarning("kafka: {}", rd_kafka_error_string(error.get()));
  }
}

bool IsPassing(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__OUTDATED:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS: return true;
    default: return false;
  }
}

Error ClientFactory::Fault(const std::string& doing, rd_kafka_resp_err_t code,
                           const std::string& text) {
  std::string message = "kafka at " + servers() + ": " + doing + ": " +
                        (text.empty() ? rd_kafka_err2str(code) : text);
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND: return {Code::kNotFound, std::move(message)};
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return {Code::kInvalidArgument, message + "; its ACLs must allow this user"};
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return {Code::kInvalidArgument, message +
                                          "; raise max.message.bytes of the topic and [kafka] "
                                          "message.max.bytes"};
    default: break;
  }
  if (!IsPassing(code)) return {Code::kInternal, std::move(message)};
  if (const std::string last = connections_.Last(); !last.empty()) message += " (" + last + ")";
  return {Code::kUnavailable, std::move(message)};
}

}  // namespace hb::kafka
