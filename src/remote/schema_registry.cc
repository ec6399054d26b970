#include "remote/schema_registry.h"

#include <rapidjson/document.h>

#include <algorithm>

#include "base/json.h"

namespace hb {

namespace {

constexpr char kType[] = "application/vnd.schemaregistry.v1+json";
constexpr std::size_t kMaxAnswer = 4 << 20;
constexpr std::size_t kShownBytes = 300;

std::string EncodeBase64(std::string_view bytes) {  // RFC 4648, section 4
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      three = three << 8 | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k)
      out += k <= bytes.size() - i ? kDigits[three >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

/// A subject as a part of a path.
std::string Escaped(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

bool IsTransient(int status) { return status >= 500 || status == 408 || status == 429; }

/// What a registry says of an error: {"error_code":40401,"message":"..."}.
struct Refusal {
  int code = 0;
  std::string message;
};

Refusal ReadRefusal(const HttpAnswer& answer) {
  Refusal refusal{answer.status, answer.body.substr(0, kShownBytes)};
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(answer.body.data(), answer.body.size());
  if (document.HasParseError() || !document.IsObject()) return refusal;
  const auto code = document.FindMember("error_code"), message = document.FindMember("message");
  if (code != document.MemberEnd() && code->value.IsInt()) refusal.code = code->value.GetInt();
  if (message != document.MemberEnd() && message->value.IsString())
    refusal.message = std::string(message->value.GetString()).substr(0, kShownBytes);
  return refusal;
}

std::string Describe(const HttpAnswer& answer) {
  const Refusal refusal = ReadRefusal(answer);
  return "HTTP " + std::to_string(answer.status) +
         (refusal.message.empty() ? "" : ": " + refusal.message);
}

Error Unreadable(const std::string& from) {
  return {Code::kUnavailable, "registry " + from + " gave an answer that cannot be read"};
}

Result<std::uint32_t> ReadId(const HttpAnswer& answer, const std::string& from) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(answer.body.data(), answer.body.size());
  if (document.HasParseError() || !document.IsObject()) return Unreadable(from);
  const auto id = document.FindMember("id");
  if (id == document.MemberEnd() || !id->value.IsUint()) return Unreadable(from);
  return std::uint32_t{id->value.GetUint()};
}

}  // namespace

SchemaRegistry::SchemaRegistry(Options options) : options_(std::move(options)) {}

void SchemaRegistry::Stop() noexcept {
  {
    const std::lock_guard lock(pause_mutex_);
    stopping_ = true;
  }
  pause_.notify_all();
}

bool SchemaRegistry::Pause(std::chrono::milliseconds time) {
  std::unique_lock lock(pause_mutex_);
  return !pause_.wait_for(lock, time, [this] { return stopping_; });
}

Result<HttpAnswer> SchemaRegistry::AskOne(const std::string& url, const std::string& method,
                                          const std::string& path, const std::string& body) {
  HttpCall call;
  call.method = method;
  call.url = url.substr(0, url.find_last_not_of('/') + 1) + path;
  call.headers = {std::string("Accept: ") + kType + ", application/json"};
  if (!body.empty()) call.headers.push_back(std::string("Content-Type: ") + kType);
  if (!options_.user.empty()) {
    call.headers.push_back("Authorization: Basic " +
                           EncodeBase64(options_.user + ":" + options_.password));
  }
  call.body = body;
  call.timeout = options_.timeout;
  call.max_body = kMaxAnswer;
  return options_.perform ? options_.perform(call) : connection_.Perform(call);
}

Result<SchemaRegistry::Reply> SchemaRegistry::Ask(const std::string& method,
                                                  const std::string& path,
                                                  const std::string& body) {
  std::string tried;
  auto pause = options_.pause;
  for (int round = 0; round < options_.rounds; ++round, pause *= 2) {
    if (round > 0 && !Pause(pause))
      return Error{Code::kCancelled, "stopped while waiting for the registry"};
    tried.clear();
    for (std::size_t i = 0; i < options_.urls.size(); ++i) {
      const std::size_t at = (last_good_ + i) % options_.urls.size();
      const std::string& url = options_.urls[at];
      Result<HttpAnswer> answer = AskOne(url, method, path, body);
      if (answer.ok() && !IsTransient(answer.value().status)) {
        last_good_ = at;
        return Reply{std::move(answer).value(), url};
      }
      tried += (tried.empty() ? "" : "; ") + url + ": " +
               (answer.ok() ? Describe(answer.value()) : answer.error().message);
    }
  }
  return Error{Code::kUnavailable, "no schema registry answers (" + method + " " + path +
                                       ", tried " + std::to_string(options_.rounds) +
                                       " times): " + tried};
}

Status SchemaRegistry::CheckCompatible(const std::string& subject, const std::string& body) {
  const std::string path = "/compatibility/subjects/" + Escaped(subject) + "/versions/latest";
  HB_ASSIGN(const Reply reply, Ask("POST", path + "?verbose=true", body));
  const int status = reply.answer.status;
  if (status == 404) return Ok();  // No such subject yet, or a registry that cannot tell.
  if (status != 200) {
    return Error{Code::kInvalidArgument,
                 "registry " + reply.from + ", POST " + path + ": " + Describe(reply.answer)};
  }
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(reply.answer.body.data(),
                                                 reply.answer.body.size());
  if (document.HasParseError() || !document.IsObject()) return Unreadable(reply.from);
  const auto good = document.FindMember("is_compatible");
  if (good == document.MemberEnd() || !good->value.IsBool() || good->value.GetBool()) return Ok();
  std::string why;
  const auto messages = document.FindMember("messages");
  if (messages != document.MemberEnd() && messages->value.IsArray()) {
    for (const auto& message : messages->value.GetArray()) {
      if (message.IsString()) why += (why.empty() ? ": " : "; ") + std::string(message.GetString());
    }
  }
  return Error{Code::kInvalidArgument,
               "registry " + reply.from +
                   " says that heartbeat's schema is not compatible with "
                   "the latest of subject " +
                   subject + why.substr(0, kShownBytes) +
                   "; use another topic name or set the subject's compatibility"};
}

Result<std::optional<std::uint32_t>> SchemaRegistry::Find(const std::string& subject,
                                                          const std::string& body) {
  const std::string path = "/subjects/" + Escaped(subject);
  HB_ASSIGN(const Reply known, Ask("POST", path, body));
  if (known.answer.status == 200) {
    HB_ASSIGN(const std::uint32_t id, ReadId(known.answer, known.from));
    return std::optional(id);
  }
  if (known.answer.status != 404) {
    return Error{Code::kInvalidArgument,
                 "registry " + known.from + ", POST " + path + ": " + Describe(known.answer)};
  }
  if (!options_.may_register) {
    return Error{Code::kInvalidArgument,
                 "registry " + known.from + " does not hold heartbeat's schema under " + subject +
                     " (" + Describe(known.answer) +
                     "); register it there, or set registry.register = true"};
  }
  return std::optional<std::uint32_t>();
}

Result<std::uint32_t> SchemaRegistry::FindOrRegister(const std::string& subject,
                                                     std::string_view schema) {
  std::string body = R"({"schemaType":"AVRO","schema":)";
  AppendJsonString(schema, body);
  body += '}';
  auto pause = options_.pause;
  for (int round = 0;; ++round, pause *= 2) {
    HB_ASSIGN(const std::optional<std::uint32_t> known, Find(subject, body));
    if (known) return *known;
    HB_TRY(CheckCompatible(subject, body));
    HB_ASSIGN(const Reply made, Ask("POST", "/subjects/" + Escaped(subject) + "/versions", body));
    if (made.answer.status / 100 == 2) return ReadId(made.answer, made.from);
    // Another process may be registering the same schema, which then can be found a little later.
    constexpr int kConflict = 409;
    if (made.answer.status != kConflict || round >= options_.rounds) {
      return Error{Code::kInvalidArgument, "registry " + made.from +
                                               " refuses heartbeat's schema for " + subject + ": " +
                                               Describe(made.answer)};
    }
    if (!Pause(pause)) return Error{Code::kCancelled, "stopped while waiting for the registry"};
  }
}

Result<std::uint32_t> SchemaRegistry::IdOf(const std::string& topic, std::string_view schema) {
  const std::string subject = topic + "-value";
  const std::lock_guard lock(mutex_);
  const auto known = ids_.find({subject, std::string(schema)});
  if (known != ids_.end()) return known->second;
  HB_ASSIGN(const std::uint32_t id, FindOrRegister(subject, schema));
  ids_[{subject, std::string(schema)}] = id;
  schemas_[id] = schema;
  return id;
}

Result<std::string> SchemaRegistry::SchemaOf(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  if (const auto known = schemas_.find(id); known != schemas_.end()) return known->second;
  HB_ASSIGN(const Reply reply, Ask("GET", "/schemas/ids/" + std::to_string(id), ""));
  if (reply.answer.status == 404) {
    return Error{Code::kNotFound, "registry " + reply.from + " has no schema " +
                                      std::to_string(id) + " (" + Describe(reply.answer) + ")"};
  }
  if (reply.answer.status != 200) {
    // Wrong credentials and the like are no fault of the record that asks.
    return Error{Code::kUnavailable, "registry " + reply.from + ", GET /schemas/ids/" +
                                         std::to_string(id) + ": " + Describe(reply.answer)};
  }
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(reply.answer.body.data(),
                                                 reply.answer.body.size());
  if (document.HasParseError() || !document.IsObject()) return Unreadable(reply.from);
  const auto type = document.FindMember("schemaType");
  if (type != document.MemberEnd() && type->value.IsString() &&
      std::string_view(type->value.GetString()) != "AVRO") {
    return Error{Code::kInvalidArgument,
                 "schema is " + std::string(type->value.GetString()) + ", only AVRO is read"};
  }
  const auto text = document.FindMember("schema");
  if (text == document.MemberEnd() || !text->value.IsString()) return Unreadable(reply.from);
  return schemas_[id] = std::string(text->value.GetString(), text->value.GetStringLength());
}

}  // namespace hb
