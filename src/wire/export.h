// wire/export.h - heartbeat's own way to write posts, one JSON object a line
// (docs/formats/export.md).
#pragma once

#include <cstddef>
#include <string>

#include "record/post_batch.h"
#include "record/redaction.h"

namespace hb {

/// Appends row `row` as one line, its break included. JsonPosts reads the same post back, except
/// that its source becomes the one that reads it, and that tasks are matched anew.
void AppendExportLine(const PostBatch& posts, std::size_t row, std::string& out);
/// The same for a redaction.
void AppendExportLine(const Redaction& redaction, std::string& out);

}  // namespace hb
