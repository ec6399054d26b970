#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/utf8.h"
#include "remote/protocol.h"

namespace hb {
namespace {

constexpr std::size_t kTexts = 25, kTextBytes = 5000, kAnswerBytes = 1 << 20;
constexpr std::size_t kUnitCharacters = 100;
constexpr std::uint64_t kLeastUnits = 3;
// Of https://docs.aws.amazon.com/comprehend/latest/dg/supported-languages.html; zh-TW is not told
// apart from zh by our detector.
constexpr std::string_view kLanguages[] = {"en", "es", "fr", "de", "it", "pt",
                                           "ar", "hi", "ja", "ko", "zh"};

Error Corrupt(std::string what) { return {Code::kCorrupt, "the answer " + std::move(what)}; }

std::string_view TextOf(const rapidjson::Value& object, const char* name) {
  const auto at = object.FindMember(name);
  if (at == object.MemberEnd() || !at->value.IsString()) return {};
  return {at->value.GetString(), at->value.GetStringLength()};
}

/// The four in the order of Label; nothing if one is missing or no share.
std::optional<std::array<double, 4>> ScoresOf(const rapidjson::Value& item) {
  const auto scores = item.FindMember("SentimentScore");
  if (scores == item.MemberEnd() || !scores->value.IsObject()) return std::nullopt;
  std::array<double, 4> out{};
  std::size_t i = 0;
  for (const char* name : {"Negative", "Neutral", "Positive", "Mixed"}) {
    const auto at = scores->value.FindMember(name);
    if (at == scores->value.MemberEnd() || !at->value.IsNumber()) return std::nullopt;
    out[i] = at->value.GetDouble();
    if (!(out[i] >= 0 && out[i] <= 1.001)) return std::nullopt;
    ++i;
  }
  return out;
}

/// Ours has the three sum to 1 and mixed beside them: FourWay (analysis/mixed.h) gives theirs back.
RemoteAnswer AnswerOf(const std::array<double, 4>& scores) {
  RemoteAnswer answer{.answered = true};
  const double sum = scores[0] + scores[1] + scores[2], all = sum + scores[3];
  answer.mixed = all > 0 ? std::clamp(ToMicro(scores[3] / all), 0, kMicro) : 0;
  if (sum > 0) {
    answer.neg = ToMicro(scores[0] / sum);
    answer.pos = std::min(ToMicro(scores[2] / sum), kMicro - answer.neg);
  }
  answer.neu = kMicro - answer.neg - answer.pos;
  return answer;
}

class ComprehendProtocol : public RemoteProtocol {
 public:
  explicit ComprehendProtocol(AwsAccess access) : access_(std::move(access)) {
    if (access_.url.empty())
      access_.url = "https://comprehend." + access_.region + ".amazonaws.com/";
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::size_t batch() const override { return kTexts; }
  [[nodiscard]] std::size_t max_text_bytes() const override { return kTextBytes; }
  [[nodiscard]] bool Reads(std::string_view lang) const override {
    return std::find(std::begin(kLanguages), std::end(kLanguages), lang) != std::end(kLanguages);
  }
  [[nodiscard]] bool one_language() const override { return true; }
  [[nodiscard]] std::uint64_t Units(std::string_view text) const override {
    const std::size_t characters = CountCodePoints(text);
    return std::max<std::uint64_t>((characters + kUnitCharacters - 1) / kUnitCharacters,
                                   kLeastUnits);
  }

  [[nodiscard]] HttpCall Request(std::span<const std::string_view> texts,
                                 std::string_view lang) const override {
    HttpCall call;
    call.method = "POST";
    call.url = access_.url;
    call.max_body = kAnswerBytes;
    // Whatever stands here is signed, even a header that libcurl then leaves out ("Expect:").
    call.headers = {"Content-Type: application/x-amz-json-1.1",
                    "X-Amz-Target: Comprehend_20171127.BatchDetectSentiment"};
    if (!access_.session_token.empty())
      call.headers.push_back("X-Amz-Security-Token: " + access_.session_token);
    call.sign_as = "aws:amz:" + access_.region + ":comprehend";
    call.sign_with = access_.key + ":" + access_.secret;
    call.body = "{\"TextList\":[";
    for (const std::string_view& text : texts) {
      if (&text != texts.data()) call.body += ',';
      AppendJsonString(text, call.body);
    }
    call.body += "],\"LanguageCode\":";
    AppendJsonString(lang, call.body);
    call.body += "}";
    return call;
  }

  Status Read(std::string_view body, std::span<RemoteAnswer> out,
              std::string& item_error) const override {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
    if (document.HasParseError() || !document.IsObject()) return Corrupt("is no JSON object");
    const auto results = document.FindMember("ResultList");
    if (results == document.MemberEnd() || !results->value.IsArray())
      return Corrupt("has no ResultList");
    std::vector<RemoteAnswer> answers(out.size());
    for (const rapidjson::Value& item : results->value.GetArray()) {
      const auto index =
          item.IsObject() ? item.FindMember("Index") : rapidjson::Value::MemberIterator();
      if (!item.IsObject() || index == item.MemberEnd() || !index->value.IsUint64() ||
          index->value.GetUint64() >= answers.size()) {
        return Corrupt("has a result without a place in the request");
      }
      const auto scores = ScoresOf(item);
      if (!scores) return Corrupt("has a result without its four scores");
      RemoteAnswer& answer = answers[index->value.GetUint64()];
      if (answer.answered) return Corrupt("has two results for one text");
      answer = AnswerOf(*scores);
    }
    const auto errors = document.FindMember("ErrorList");
    if (errors != document.MemberEnd() && errors->value.IsArray()) {
      for (const rapidjson::Value& item : errors->value.GetArray()) {
        if (item.IsObject()) item_error = TextOf(item, "ErrorCode").substr(0, 80);
      }
    }
    std::copy(answers.begin(), answers.end(), out.begin());
    return Ok();
  }

  [[nodiscard]] bool IsTransient(const HttpAnswer& answer) const override {
    if (answer.status >= 500 || answer.status == 429 || answer.status == 408) return true;
    const std::string type = TypeOf(answer);
    return type == "ThrottlingException" || type == "TooManyRequestsException" ||
           type == "RequestLimitExceeded" || type == "ProvisionedThroughputExceededException";
  }
  [[nodiscard]] std::string Describe(const HttpAnswer& answer) const override {
    const std::string type = TypeOf(answer);
    return type.empty() ? "HTTP status " + std::to_string(answer.status) : type;
  }

 private:
  /// "ThrottlingException" of {"__type":"com.amazonaws...#ThrottlingException", ...}.
  static std::string TypeOf(const HttpAnswer& answer) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(answer.body.data(), answer.body.size());
    if (document.HasParseError() || !document.IsObject()) return {};
    const std::string_view type = TextOf(document, "__type");
    return std::string(type.substr(type.rfind('#') + 1).substr(0, 80));
  }

  AwsAccess access_;
  const std::string name_ = "comprehend/2017-11-27";
};

}  // namespace

std::unique_ptr<const RemoteProtocol> MakeComprehendProtocol(const AwsAccess& access) {
  return std::make_unique<ComprehendProtocol>(access);
}

}  // namespace hb
