// record/avro_schema_rep.h - inside of AvroSchema, for this folder only.
#pragma once

#include "record/avro_handle.h"
#include "record/avro_schema.h"

namespace hb {

struct AvroSchema::Rep {
  avro::SchemaHandle schema;
};

}  // namespace hb
