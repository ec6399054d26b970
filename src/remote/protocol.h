// remote/protocol.h - how a batch of texts is asked about over HTTP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "analysis/sentiment.h"
#include "base/result.h"
#include "net/http_client.h"

namespace hb {

/// What was said of one text.
struct RemoteAnswer {
  bool answered = false;
  Micro neg = 0, neu = 0, pos = 0;  ///< sum to kMicro
  Micro mixed = -1;                 ///< -1: nothing was said of it
};

/// Writes requests and reads answers; sends nothing.
///
/// Threads  Const methods from any thread.
class RemoteProtocol {
 public:
  virtual ~RemoteProtocol() = default;
  /// For rows: "comprehend/2017-11-27".
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::size_t batch() const = 0;  ///< texts a request, at least 1
  [[nodiscard]] virtual std::size_t max_text_bytes() const = 0;
  [[nodiscard]] virtual bool Reads(std::string_view lang) const = 0;
  /// Whether a request holds texts of one language only.
  [[nodiscard]] virtual bool one_language() const = 0;
  /// What a text costs, in the units that its price is in; 0: nothing is counted.
  [[nodiscard]] virtual std::uint64_t Units(std::string_view text) const = 0;

  /// Requires: 1 to batch() texts of at most max_text_bytes(), of languages that it reads.
  [[nodiscard]] virtual HttpCall Request(std::span<const std::string_view> texts,
                                         std::string_view lang) const = 0;
  /// Reads a body of status 200 into `out`, one for each text of the request. kCorrupt: it is not
  /// what the contract says; nothing of it is used. Whether single texts could be judged stands in
  /// each; `item_error` is what was said of the last that could not.
  virtual Status Read(std::string_view body, std::span<RemoteAnswer> out,
                      std::string& item_error) const = 0;
  /// Whether an answer of another status says to come again later.
  [[nodiscard]] virtual bool IsTransient(const HttpAnswer& answer) const = 0;
  /// What such an answer says, for people, at most a line.
  [[nodiscard]] virtual std::string Describe(const HttpAnswer& answer) const = 0;
};

/// Hugging Face's text classification: POST {"inputs":["...", ...],"parameters":{"top_k":null}},
/// answered by [[{"label":"positive","score":0.98}, ...], ...], or by one {"label", "score"} a
/// text, whose rest is shared among the other labels. Labels: negative, neutral, positive, their
/// first three letters, LABEL_0 to LABEL_2, "1 star" to "5 stars", in any case.
/// `token`: sent as a bearer token; "" for none.
std::unique_ptr<const RemoteProtocol> MakeHttpProtocol(const std::string& url,
                                                       const std::string& token, std::size_t batch);

struct AwsAccess {
  std::string region, key, secret, session_token;
  std::string url;  ///< "": https://comprehend.REGION.amazonaws.com/
};
/// Amazon Comprehend's BatchDetectSentiment, API 2017-11-27: 25 texts of a language, 5,000 bytes
/// each (what is longer is judged by its beginning); a unit is 100 characters, each text at least
/// three.
std::unique_ptr<const RemoteProtocol> MakeComprehendProtocol(const AwsAccess& access);

}  // namespace hb
