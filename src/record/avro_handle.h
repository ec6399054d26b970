// record/avro_handle.h - libavro's objects with owners, for this folder only.
#pragma once

#include <avro.h>

#include <memory>

namespace hb::avro {

struct DropSchema {
  void operator()(avro_obj_t* schema) const { avro_schema_decref(schema); }
};
using SchemaHandle = std::unique_ptr<avro_obj_t, DropSchema>;

struct DropIface {
  void operator()(avro_value_iface_t* iface) const { avro_value_iface_decref(iface); }
};
using IfaceHandle = std::unique_ptr<avro_value_iface_t, DropIface>;

struct DropReader {
  void operator()(struct avro_reader_t_* reader) const { avro_reader_free(reader); }
};
using ReaderHandle = std::unique_ptr<struct avro_reader_t_, DropReader>;

struct DropWriter {
  void operator()(struct avro_writer_t_* writer) const { avro_writer_free(writer); }
};
using WriterHandle = std::unique_ptr<struct avro_writer_t_, DropWriter>;

/// A value, once it is set.
class ValueHandle {
 public:
  ValueHandle() = default;
  ValueHandle(const ValueHandle&) = delete;
  ValueHandle& operator=(const ValueHandle&) = delete;
  ~ValueHandle() {
    if (value_.iface != nullptr) avro_value_decref(&value_);
  }
  avro_value_t* get() { return &value_; }

 private:
  avro_value_t value_{nullptr, nullptr};
};

/// The type a link stands for; any other type itself.
inline avro_schema_t Target(avro_schema_t schema) {
  return avro_typeof(schema) == AVRO_LINK ? avro_schema_link_target(schema) : schema;
}

}  // namespace hb::avro
