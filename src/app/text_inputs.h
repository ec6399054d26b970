// app/text_inputs.h - the texts that a command line names.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb {

/// Takes texts one by one.
struct TextSink {
  std::function<void(std::string_view line)> add;
  std::function<void()> flush;  ///< whoever waits at the other end wants what is there
  std::function<bool()> done;   ///< true: no more texts are wanted
};

/// Gives each input's texts to `sink`: "-" is the lines of standard input, the name of a file its
/// lines, all else a text itself; for one that looks like a path standard error says that it
/// was `taken` ("scored as a text"). kUnavailable: a folder, or a file that cannot be read.
Status ReadTexts(const std::vector<std::string>& inputs, std::string_view taken,
                 const TextSink& sink);

}  // namespace hb
