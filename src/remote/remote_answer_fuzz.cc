// Any bytes as the answer of a service: shares that sum to 1 for every text that was answered, or
// an error with nothing answered.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.h"
#include "remote/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy without room to spare, so that a sanitizer sees a read past the end.
  const std::vector<char> bytes(data, data + size);
  const std::string_view body(bytes.data(), bytes.size());
  static const auto http = hb::MakeHttpProtocol("http://h/", "", 8);
  static const auto comprehend = hb::MakeComprehendProtocol({});
  for (const hb::RemoteProtocol* protocol : {http.get(), comprehend.get()}) {
    std::vector<hb::RemoteAnswer> answers(2);
    std::string item_error;
    const bool read = protocol->Read(body, answers, item_error).ok();
    for (const hb::RemoteAnswer& answer : answers) {
      hb::Require(read || !answer.answered, "answered by an error");
      if (!answer.answered) continue;
      hb::Require(answer.neg >= 0 && answer.neu >= 0 && answer.pos >= 0 &&
                      answer.neg + answer.neu + answer.pos == hb::kMicro &&
                      answer.mixed <= hb::kMicro,
                  "shares");
    }
    hb::HttpAnswer error;
    error.status = 400;
    error.body = body;
    static_cast<void>(protocol->IsTransient(error));
    static_cast<void>(protocol->Describe(error));
  }
  return 0;
}
