#include "record/confluent_format.h"

#include <simdjson.h>

#include <cstdio>

#include "record/classic_form.h"
#include "record/schema.h"

namespace hb {

namespace {

constexpr std::size_t kHeaderBytes = 5;

Error Corrupt(std::string message) { return {Code::kCorrupt, std::move(message)}; }

/// JSON without blanks: registries keep schemas in layouts of their own.
std::string Minified(std::string_view json) {
  std::string out(json.size() + simdjson::SIMDJSON_PADDING, '\0');
  std::size_t size = 0;
  if (simdjson::minify(json.data(), json.size(), out.data(), size) != simdjson::SUCCESS) return {};
  out.resize(size);
  return out;
}

}  // namespace

ConfluentFormat::ConfluentFormat(Options options, SchemaSource& schemas)
    : options_(std::move(options)), schemas_(schemas) {}

Result<std::uint32_t> ConfluentFormat::OwnId(const std::string& topic, RecordType type) {
  {
    const std::shared_lock lock(mutex_);
    const auto known = own_ids_.find(topic);
    if (known != own_ids_.end()) return known->second;
  }
  const auto name = options_.names.find(topic);
  HB_ASSIGN(const std::uint32_t id,
            schemas_.IdOf(name == options_.names.end() ? topic : name->second, SchemaText(type)));
  const std::unique_lock lock(mutex_);
  own_ids_.emplace(topic, id);
  return id;
}

Status ConfluentFormat::Prepare(const std::string& topic) {
  const auto type = options_.classic ? ClassicTypeOfTopic(topic) : RecordTypeOfTopic(topic);
  if (type) HB_TRY(OwnId(topic, *type));
  return Ok();
}

Status ConfluentFormat::Encode(const std::string& topic, std::string_view avro, std::string& out) {
  const auto type = RecordTypeOfTopic(topic);
  if (!type) {
    out += avro;
    return Ok();
  }
  HB_ASSIGN(const std::uint32_t id,
            OwnId(topic, options_.classic ? *ClassicTypeOfTopic(topic) : *type));
  const std::size_t before = out.size();
  out += '\0';
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(id >> shift);
  if (!options_.classic) {
    out += avro;
    return Ok();
  }
  Status appended = AppendClassic(*type, avro, out);
  if (!appended.ok()) out.resize(before);
  return appended;
}

Status ConfluentFormat::Decode(const std::string& topic, std::string_view bytes,
                               std::string& avro) {
  const auto type = RecordTypeOfTopic(topic);
  if (!type) {
    avro += bytes;
    return Ok();
  }
  if (bytes.size() > kMaxValueBytes) {
    return Corrupt("value has " + std::to_string(bytes.size()) + " bytes, at most " +
                   std::to_string(kMaxValueBytes) + " are read");
  }
  if (bytes.size() < kHeaderBytes) {
    return Corrupt("value of " + std::to_string(bytes.size()) +
                   " bytes is too short for a schema id");
  }
  if (bytes[0] != '\0') {
    char first[8];
    std::snprintf(first, sizeof first, "0x%02x", static_cast<unsigned char>(bytes[0]));
    return Corrupt("value begins with " + std::string(first) +
                   ", not with 0: it was not written for a schema registry");
  }
  std::uint32_t id = 0;
  for (std::size_t i = 1; i < kHeaderBytes; ++i) id = id << 8 | static_cast<std::uint8_t>(bytes[i]);
  const std::string_view payload = bytes.substr(kHeaderBytes);
  HB_ASSIGN(const auto reader, ReaderOf(topic, id));
  if (reader->same) {
    avro += payload;
    return Ok();
  }
  if (!reader->resolver) return Corrupt(reader->fault);
  return reader->resolver->Resolve(payload, avro);
}

Result<std::shared_ptr<const ConfluentFormat::Reader>> ConfluentFormat::ReaderOf(
    const std::string& topic, std::uint32_t id) {
  const RecordType type = *RecordTypeOfTopic(topic);
  const auto now = std::chrono::steady_clock::now();
  {
    const std::shared_lock lock(mutex_);
    const auto known = readers_.find({type, id});
    const bool passed = known != readers_.end() && known->second->until != decltype(now){} &&
                        known->second->until <= now;
    if (known != readers_.end() && !passed) return known->second;
  }
  HB_ASSIGN(auto reader, MakeReader(type, id));
  const std::unique_lock lock(mutex_);
  readers_[{type, id}] = reader;
  return reader;
}

Result<std::shared_ptr<const ConfluentFormat::Reader>> ConfluentFormat::MakeReader(
    RecordType type, std::uint32_t id) {
  auto reader = std::make_shared<Reader>();
  const std::string named = "schema " + std::to_string(id);
  const Result<std::string> text = schemas_.SchemaOf(id);
  if (!text.ok()) {
    if (text.error().code != Code::kNotFound && text.error().code != Code::kInvalidArgument)
      return text.error();
    reader->fault = named + ": " + text.error().message;
    reader->until = std::chrono::steady_clock::now() + kUnknownFor;
    return std::shared_ptr<const Reader>(std::move(reader));
  }
  reader->same = Minified(text.value()) == Minified(SchemaText(type));
  if (!reader->same) {
    const Result<AvroSchema> writer = AvroSchema::Parse(text.value());
    if (!writer.ok()) {
      reader->fault = named + ": " + writer.error().message;
    } else if (auto made = AvroResolver::Create(writer.value(), type); !made.ok()) {
      reader->fault = named + ": " + made.error().message;
    } else {
      reader->resolver = std::make_unique<AvroResolver>(std::move(made).value());
    }
  }
  return std::shared_ptr<const Reader>(std::move(reader));
}

}  // namespace hb
