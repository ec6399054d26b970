// record/avro_control.h - redactions, tasks, dead letters and gaps to and from Avro
// (schemas/redaction.avsc, task.avsc, dead_letter.avsc, gap.avsc).
//
// Encoders append one record to `out` and cannot fail: text that is not UTF-8 is repaired with
// U+FFFD (not DeadLetter::raw, which is bytes). Decoders leave `out` as it was if they fail.
//
// Threads  Pure functions.
// Errors   kCorrupt: the bytes are not such a record; the message names the byte.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "record/dead_letter.h"
#include "record/gap.h"
#include "record/redaction.h"
#include "record/task.h"

namespace hb {

void EncodeRedaction(const Redaction& redaction, std::string& out);
Status DecodeRedaction(std::string_view bytes, Redaction& out);

void EncodeTask(const Task& task, std::string& out);
Status DecodeTask(std::string_view bytes, Task& out);

void EncodeDeadLetter(const DeadLetter& letter, std::string& out);
Status DecodeDeadLetter(std::string_view bytes, DeadLetter& out);

void EncodeGap(const Gap& gap, std::string& out);
Status DecodeGap(std::string_view bytes, Gap& out);

}  // namespace hb
