#include "source/x/x_staged.h"

#include <utility>
#include <vector>

namespace hb {

void XStaged::Dead(std::string_view raw, const std::string& location, std::string reason,
                   Intake& out) {
  ++letters_;
  // Ingest says when.
  out.dead.push_back(MakeDeadLetter({}, kind_, location, std::move(reason), raw));
}

std::size_t XStaged::Read(std::string_view text, EventTime arrival, const std::string& location,
                          Intake& out) {
  ++rows_;
  bytes_ += text.size();
  const std::size_t before = posts_.size();
  std::vector<WireFault> faults;
  WireSink sink{.posts = posts_, .redactions = out.redactions, .faults = faults};
  const Status read =
      reader_.Parse(text, 0, {.source = kind_, .row_id = {}, .arrival = arrival}, sink);
  if (!read.ok()) {
    Dead(text, location, read.error().message, out);
    return posts_.size() - before;
  }
  for (WireFault& fault : faults) {
    Dead(fault.raw.empty() ? text : std::string_view(fault.raw), location + " " + fault.part,
         std::move(fault.reason), out);
  }
  return posts_.size() - before;
}

void XStaged::Give(std::size_t limit, Intake& out) {
  const std::size_t before = out.posts.size();
  while (at_ < posts_.size() && out.posts.size() < limit) out.posts.AppendRow(posts_, at_++);
  given_ += out.posts.size() - before;
  if (at_ < posts_.size()) return;
  posts_.Clear();
  at_ = 0;
}

}  // namespace hb
