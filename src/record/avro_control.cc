#include "record/avro_control.h"

#include <limits>
#include <utility>

#include "record/analysis_batch.h"
#include "record/avro_wire.h"

namespace hb {

using avro::AppendRecord;
using avro::Cursor;

void EncodeRedaction(const Redaction& redaction, std::string& out) {
  AppendRecord(out, [&](auto& sink) {
    sink.Long(ToMillis(redaction.time));
    sink.Int(static_cast<std::int32_t>(redaction.kind));
    sink.Long(static_cast<std::int64_t>(ToInt(redaction.key)));
    sink.String(redaction.id);
    sink.String(redaction.author);
    sink.String(redaction.source);
    sink.String(redaction.countries);
  });
}

Status DecodeRedaction(std::string_view bytes, Redaction& out) {
  Cursor cursor(bytes);
  Redaction read;
  read.time = FromMillis(cursor.Long());
  read.kind = static_cast<RedactionKind>(
      cursor.LongIn(0, static_cast<std::int64_t>(RedactionKind::kScrubGeo)));
  read.key = PostKey{static_cast<std::uint64_t>(cursor.Long())};
  read.id = cursor.String();
  read.author = cursor.String();
  read.source = cursor.String();
  read.countries = cursor.String();
  HB_TRY(cursor.Finish("redaction"));
  out = std::move(read);
  return Ok();
}

void EncodeTask(const Task& task, std::string& out) {
  AppendRecord(out, [&](auto& sink) {
    sink.String(task.tag);
    sink.String(task.rule);
    sink.Long(task.revision);
    sink.Long(ToMillis(task.time));
    sink.Boolean(task.active);
  });
}

Status DecodeTask(std::string_view bytes, Task& out) {
  Cursor cursor(bytes);
  Task read;
  read.tag = cursor.String();
  read.rule = cursor.String();
  read.revision =
      static_cast<std::uint32_t>(cursor.LongIn(0, std::numeric_limits<std::uint32_t>::max()));
  read.time = FromMillis(cursor.Long());
  read.active = cursor.Boolean();
  HB_TRY(cursor.Finish("task"));
  out = std::move(read);
  return Ok();
}

void EncodeDeadLetter(const DeadLetter& letter, std::string& out) {
  AppendRecord(out, [&](auto& sink) {
    sink.Long(ToMillis(letter.time));
    sink.String(letter.source);
    sink.String(letter.location);
    sink.String(letter.reason);
    sink.Bytes(letter.raw);
    sink.Boolean(letter.cut);
    sink.String(letter.id);
    sink.String(letter.context);
    sink.String(letter.row_id);
    sink.Int(static_cast<std::int32_t>(letter.attempts));
    sink.Long(ToMillis(letter.tried));
    sink.Boolean(letter.used);
  });
}

Status DecodeDeadLetter(std::string_view bytes, DeadLetter& out) {
  Cursor cursor(bytes);
  DeadLetter read;
  read.time = FromMillis(cursor.Long());
  read.source = cursor.String();
  read.location = cursor.String();
  read.reason = cursor.String();
  read.raw = cursor.Bytes();
  read.cut = cursor.Boolean();
  if (!cursor.at_end()) {  // Written before a letter had a name.
    read.id = cursor.String();
    read.context = cursor.String();
    read.row_id = cursor.String();
    read.attempts =
        static_cast<std::uint32_t>(cursor.LongIn(0, std::numeric_limits<std::int32_t>::max()));
    read.tried = FromMillis(cursor.Long());
    read.used = cursor.Boolean();
  }
  HB_TRY(cursor.Finish("dead letter"));
  out = std::move(read);
  return Ok();
}

void EncodeGap(const Gap& gap, std::string& out) {
  AppendRecord(out, [&](auto& sink) {
    sink.String(gap.source);
    sink.Long(ToMillis(gap.from));
    sink.Long(ToMillis(gap.to));
    sink.String(gap.cause);
    sink.Int(static_cast<std::int32_t>(gap.refilled));
    sink.Boolean(gap.exact);
  });
}

Status DecodeGap(std::string_view bytes, Gap& out) {
  Cursor cursor(bytes);
  Gap read;
  read.source = cursor.String();
  read.from = FromMillis(cursor.Long());
  read.to = FromMillis(cursor.Long());
  read.cause = cursor.String();
  read.refilled = static_cast<std::uint32_t>(cursor.LongIn(0, kMicro));
  read.exact = cursor.Boolean();
  HB_TRY(cursor.Finish("gap"));
  out = std::move(read);
  return Ok();
}

}  // namespace hb
