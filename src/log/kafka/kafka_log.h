// log/kafka/kafka_log.h - the log on a Kafka cluster, for stages that run as processes of their
// own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/env.h"
#include "log/log.h"
#include "record/value_format.h"

namespace hb {

struct KafkaOptions {
  std::string bootstrap_servers;  ///< "host:port", more after commas
  /// Names what is ours in the cluster: group g is `<application>-g`, and so begin transactional
  /// ids and the topics that hold states.
  std::string application = "heartbeat";
  std::string topic_prefix;                        ///< before heartbeat's name of a topic...
  std::map<std::string, std::string> topic_names;  ///< ...unless another name is given here
  /// librdkafka's own settings by its names ("compression.type"). What exactly-once stands on is
  /// refused, as are secrets.
  std::map<std::string, std::string> properties;
  /// The same for passwords, which no file should hold: see kafka::SecretProperties.
  std::map<std::string, std::string> secrets;
  bool create_topics = true;    ///< otherwise a topic that is missing is an error
  int replication_factor = -1;  ///< of topics that are made; -1: what the cluster does by default
  std::int32_t state_partitions =
      1;  ///< of a state's topic when it is made; more are added by need
  /// A deleted text is gone from the brokers' files after this long; must be less than a day.
  std::chrono::milliseconds max_compaction_lag = std::chrono::hours(12);
  ValueFormat* values = nullptr;  ///< null: plain Avro. Outlives the log.
  /// How long Open waits for a broker that is not there yet; 0: until `stop`.
  std::chrono::milliseconds wait{0};
  std::function<bool()> stop;  ///< asked between tries; may be empty
  /// Told, from time to time, what is waited for; empty text: it is there. May be empty.
  std::function<void(const std::string&)> progress;
};

namespace kafka {

/// A librdkafka setting that is a secret, and the variable of the environment that gives it.
struct SecretProperty {
  std::string_view name, variable;
};
/// sasl.password from HEARTBEAT_KAFKA_SASL_PASSWORD, and so on; by name.
std::span<const SecretProperty> SecretProperties();

/// kInvalidArgument if `options.properties` or `secrets` holds what may not be there, or what
/// librdkafka does not take; the message names the setting. Connects to nothing.
Status CheckOptions(const KafkaOptions& options);

}  // namespace kafka

/// Opens the log once a broker answers.
///
/// What differs from the promises of log.h:
/// - Offsets have gaps (ends of transactions, aborted and compacted records). A FetchedBatch never
///   spans one. `end - committed` counts such gaps; GroupOffset::processed passes those at the end.
/// - Subscribe makes one more member of the group whatever `slot` is; Kafka divides the partitions
///   (cooperative-sticky), and Poll takes part in that: call it often, within max.poll.interval.ms.
///   Until the first assignment, nothing is polled.
/// - EnsureTopic makes the topic, or checks partitions, clean-up policy and the clock of the one
///   that is there; its retention is not changed. The message says the command that mends it.
/// - Topics are those of `topic_names` and of EnsureTopic. PartitionInfo::bytes and DiskBytes are
/// 0.
/// - FetchedBatch::arrival and timestamps are the records' timestamps in Kafka: of topics with a
///   retention those of the broker, since retention counts from arrival.
/// - Blank writes tombstones (same key, no value): the old value can be read until the brokers
///   compact. Trim, Compact and PurgeBlanked do nothing: all that is the brokers' work.
/// - A state is a compacted topic `<application>-state-<store>`, read whole into memory when a
///   partition of it is first used, and again from where that ended once a consumer of this log is
///   given the partition of that number. Who neither consumes nor writes it sees it at most a
///   second old.
/// - Begin may be followed by Commit on another thread; one transaction of a producer at a time is
///   committed. The transactional id is `<application>-<producer>`: give names that no other
///   process that lives has. Begin fences the last process of that name, so call it before reading
///   states that only its transactions write.
/// - FetchedBatch::bad is filled: keys that are not 8 bytes, values that ValueFormat refuses. A
///   record without a key gets one made from its topic, partition and offset.
/// - Waiting: every call that needs a broker tries again for about half a minute and answers
///   kUnavailable, naming the servers; it may be repeated.
///
/// Ownership  `clock` and options.values outlive the log, which outlives its consumers and
///            transactions.
/// Errors     Of Open: kInvalidArgument: an option, a password. kUnavailable: no broker answered
///            within options.wait. kCancelled: options.stop said so.
Result<std::unique_ptr<Log>> OpenKafkaLog(KafkaOptions options, Clock& clock);

}  // namespace hb
