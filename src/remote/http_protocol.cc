#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/json.h"
#include "remote/protocol.h"

namespace hb {
namespace {

constexpr std::size_t kTextBytes = 8192, kAnswerBytes = 8 << 20;

enum Pole : std::uint8_t { kNeg, kNeu, kPos };

std::optional<Pole> PoleOf(std::string_view label) {
  std::string lower(label);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "negative" || lower == "neg" || lower == "label_0") return kNeg;
  if (lower == "neutral" || lower == "neu" || lower == "label_1") return kNeu;
  if (lower == "positive" || lower == "pos" || lower == "label_2") return kPos;
  if (lower == "1 star" || lower == "2 stars") return kNeg;
  if (lower == "3 stars") return kNeu;
  if (lower == "4 stars" || lower == "5 stars") return kPos;
  return std::nullopt;
}

Error Corrupt(std::string what) { return {Code::kCorrupt, "the answer " + std::move(what)}; }

/// Adds one {"label", "score"} to `shares`.
Status Add(const rapidjson::Value& item, std::array<double, 3>& shares) {
  if (!item.IsObject()) return Corrupt("has an item that is no object");
  const auto label = item.FindMember("label"), score = item.FindMember("score");
  if (label == item.MemberEnd() || !label->value.IsString() || score == item.MemberEnd() ||
      !score->value.IsNumber()) {
    return Corrupt("has an item without a label and a score");
  }
  const std::string_view name(label->value.GetString(), label->value.GetStringLength());
  const auto pole = PoleOf(name);
  if (!pole) {
    return Corrupt("has the label '" + std::string(name.substr(0, 40)) +
                   "', which says nothing of sentiment");
  }
  const double share = score->value.GetDouble();
  if (!(share >= 0 && share <= 1.001)) return Corrupt("has a score that is not from 0 to 1");
  shares[*pole] += share;
  return Ok();
}

Result<RemoteAnswer> OneText(const rapidjson::Value& said) {
  std::array<double, 3> shares{};
  const bool list = said.IsArray();
  if (list && said.Empty()) return Corrupt("has no label for a text");
  if (!list) {
    HB_TRY(Add(said, shares));
  } else {
    for (const rapidjson::Value& item : said.GetArray()) HB_TRY(Add(item, shares));
  }
  double sum = shares[0] + shares[1] + shares[2];
  // The best label alone: the others share what it leaves.
  if (!list || said.Size() == 1) {
    const double rest = std::max(0.0, 1 - sum) / 2;
    for (double& share : shares) share = share == 0 ? rest : share;
    sum = shares[0] + shares[1] + shares[2];
  }
  if (!(sum > 0)) return Corrupt("has a text whose scores are all 0");
  RemoteAnswer answer{.answered = true};
  answer.neg = ToMicro(shares[kNeg] / sum);
  answer.pos = std::min(ToMicro(shares[kPos] / sum), kMicro - answer.neg);
  answer.neu = kMicro - answer.neg - answer.pos;
  return answer;
}

class HttpProtocol : public RemoteProtocol {
 public:
  HttpProtocol(std::string url, std::string token, std::size_t batch)
      : url_(std::move(url)), token_(std::move(token)), batch_(std::max<std::size_t>(batch, 1)) {
    // Of the URL the host tells endpoints apart; a query may hold a secret.
    const std::size_t scheme = url_.find("://");
    const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
    std::string host = url_.substr(begin, url_.find_first_of("/?#", begin) - begin);
    if (const std::size_t at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
    name_ = "http/" + host;
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::size_t batch() const override { return batch_; }
  [[nodiscard]] std::size_t max_text_bytes() const override { return kTextBytes; }
  [[nodiscard]] bool Reads(std::string_view) const override { return true; }
  [[nodiscard]] bool one_language() const override { return false; }
  [[nodiscard]] std::uint64_t Units(std::string_view) const override { return 0; }

  [[nodiscard]] HttpCall Request(std::span<const std::string_view> texts,
                                 std::string_view) const override {
    HttpCall call;
    call.method = "POST";
    call.url = url_;
    call.max_body = kAnswerBytes;
    call.headers = {"Content-Type: application/json", "Accept: application/json"};
    if (!token_.empty()) call.headers.push_back("Authorization: Bearer " + token_);
    call.body = "{\"inputs\":[";
    for (const std::string_view& text : texts) {
      if (&text != texts.data()) call.body += ',';
      AppendJsonString(text, call.body);
    }
    call.body += "],\"parameters\":{\"top_k\":null}}";
    return call;
  }

  Status Read(std::string_view body, std::span<RemoteAnswer> out, std::string&) const override {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
    if (document.HasParseError()) return Corrupt("is not JSON");
    if (!document.IsArray()) return Corrupt("is not a list");
    if (document.Size() != out.size()) {
      return Corrupt("has " + std::to_string(document.Size()) + " items for " +
                     std::to_string(out.size()) + " texts");
    }
    std::vector<RemoteAnswer> answers;
    for (const rapidjson::Value& said : document.GetArray()) {
      HB_ASSIGN(answers.emplace_back(), OneText(said));
    }
    std::copy(answers.begin(), answers.end(), out.begin());
    return Ok();
  }

  [[nodiscard]] bool IsTransient(const HttpAnswer& answer) const override {
    return answer.status == 408 || answer.status == 425 || answer.status == 429 ||
           answer.status >= 500;
  }
  [[nodiscard]] std::string Describe(const HttpAnswer& answer) const override {
    return "HTTP status " + std::to_string(answer.status);
  }

 private:
  const std::string url_, token_;
  const std::size_t batch_;
  std::string name_;
};

}  // namespace

std::unique_ptr<const RemoteProtocol> MakeHttpProtocol(const std::string& url,
                                                       const std::string& token,
                                                       std::size_t batch) {
  return std::make_unique<HttpProtocol>(url, token, batch);
}

}  // namespace hb
