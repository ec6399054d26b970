// app/transformer_folder.h - where the transformer lies that comes with heartbeat.
#pragma once

#include <string>

namespace hb {

/// `wanted`, or, if that is empty, models/minilm-heads: beside the program's folder (as installed),
/// else in the source tree that it was built from. Whether anything is there is for who reads it.
std::string TransformerFolder(const std::string& wanted);

}  // namespace hb
