#include "app/text_inputs.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

namespace hb {
namespace {

void ReadLines(std::istream& in, const TextSink& sink) {
  std::string line;
  while (!sink.done() && std::getline(in, line) && std::ferror(stdout) == 0) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    sink.add(line);
    // Somebody who types wants the answer now; a pipe that holds more is read on first.
    if (in.rdbuf()->in_avail() <= 0) sink.flush();
  }
  sink.flush();
}

/// One word with an ending or a folder, as no sentence is.
bool LooksLikePath(const std::string& text) {
  return text.find_first_of(" \t\n") == std::string::npos &&
         text.find("://") == std::string::npos && text.find_first_of("./") != std::string::npos;
}

}  // namespace

Status ReadTexts(const std::vector<std::string>& inputs, std::string_view taken,
                 const TextSink& sink) {
  for (const std::string& input : inputs) {
    if (input == "-") {
      std::ios::sync_with_stdio(false);
      ReadLines(std::cin, sink);
      continue;
    }
    std::error_code missing;
    const auto status = std::filesystem::status(input, missing);
    if (!std::filesystem::exists(status)) {
      // The text itself; who meant a file sees what became of it.
      if (LooksLikePath(input)) {
        std::fprintf(stderr, "heartbeat: there is no file '%s': %.*s\n", input.c_str(),
                     static_cast<int>(taken.size()), taken.data());
      }
      sink.add(input);
      continue;
    }
    std::ifstream file(input);
    if (std::filesystem::is_directory(status) || !file) {
      return Error{Code::kUnavailable,
                   input + ": " +
                       (std::filesystem::is_directory(status) ? "is a folder, not a file of lines"
                                                              : std::strerror(errno))};
    }
    ReadLines(file, sink);
  }
  sink.flush();
  return Ok();
}

}  // namespace hb
