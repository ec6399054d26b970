// record/classic_form.h - the older form of our two topics, made from ours and read as ours.
//
// Threads  Pure functions; the format is safe for any.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "record/post_batch.h"
#include "record/schema.h"
#include "record/value_format.h"

namespace hb {

/// What the topic holds when its values have the older form: kClassicTweet for `ingest`,
/// kClassicSentiment for `sentiment`, else what it always holds.
std::optional<RecordType> ClassicTypeOfTopic(std::string_view topic);

/// Appends the older form of one of our records: {time: int of seconds, content, task} of a
/// `tweet`, {time: int of seconds, task, pos, neu, neg} of a `sentiment`; any other as it is. A
/// time outside 1901 to 2038 is moved to the nearest that fits. kCorrupt: the bytes are no such
/// record.
Status AppendClassic(RecordType type, std::string_view avro, std::string& out);

/// Reads {time, content, task} in plain Avro and nothing more, as others write it who know no more
/// of a `tweet`: a time that an int can hold is seconds, any other milliseconds. Appends one row,
/// or nothing if it fails. kCorrupt: the bytes are no such record.
Status DecodeThreeFields(std::string_view bytes, PostBatch& out);

/// Values in plain Avro, `ingest` and `sentiment` in the older form.
std::unique_ptr<ValueFormat> MakeClassicFormat();

}  // namespace hb
