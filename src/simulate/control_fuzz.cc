// What people send to the stand-ins: faults to come, rules, and compliance jobs.
#include <cstddef>
#include <cstdint>
#include <string>

#include "env/env.h"
#include "simulate/faults.h"
#include "simulate/world.h"
#include "simulate/x_compliance.h"
#include "simulate/x_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb::simulate;
  const std::string body(reinterpret_cast<const char*>(data), size);
  Faults faults;
  if (faults.Add(body).ok()) {
    for (int i = 0; i < 3; ++i) (void)faults.Take("/2/tweets/search/stream");
    (void)faults.Json();
  }
  XRules rules({.rules = 5, .code_points = 100});
  Request request;
  request.method = "POST";
  request.body = body;
  const XAnswer changed = rules.Change(request, hb::FromMillis(1'700'000'000'000));
  if (changed.status >= 400 && rules.size() != 0)
    __builtin_trap();  // refused, yet it did something
  request.params = {{"max_results", body}, {"pagination_token", body}, {"ids", body}};
  (void)rules.List(request, hb::FromMillis(1'700'000'000'000));
  static hb::ManualClock clock(hb::FromMillis(1'700'000'000'000));
  static World world{.corpus = Corpus::MakeUp({.begin = clock.Now()}).value(), .clock = clock};
  XCompliance compliance(world);
  const XAnswer made = compliance.Create(request);
  request.params = {{"type", "tweets"}};
  const bool listed = compliance.List(request).body.find("\"data\"") != std::string::npos;
  if (listed != (made.status == 200 && made.body.find(R"("type":"tweets")") != std::string::npos))
    __builtin_trap();  // a job is there if it was made
  request.path = "/2/compliance/jobs/" + body;
  (void)compliance.Get(request);
  return 0;
}
