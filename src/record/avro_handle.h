// record/avro_handle.h - libavro's objects with owners, for this folder only.
#pragma once

#include <avro.h>

#include <memory>

namespace hb::avro {

struct DropSchema {
  void operator()(avro_obj_t* schema) const { avro_schema_decref(schema); }
};
using SchemaHandle = std::unique_ptr<avro_obj_t, DropSchema>;

/// The type a link stands for; any other type itself.
inline avro_schema_t Target(avro_schema_t schema) {
  return avro_typeof(schema) == AVRO_LINK ? avro_schema_link_target(schema) : schema;
}

}  // namespace hb::avro
