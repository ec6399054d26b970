// neural/openvino_library.h - OpenVINO's C interface, opened when the first transformer needs it.
#pragma once

#include <openvino/c/ov_compiled_model.h>
#include <openvino/c/ov_core.h>
#include <openvino/c/ov_infer_request.h>
#include <openvino/c/ov_model.h>
#include <openvino/c/ov_node.h>
#include <openvino/c/ov_partial_shape.h>
#include <openvino/c/ov_shape.h>
#include <openvino/c/ov_tensor.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb::neural {

/// The functions that runtime.cc calls; OpenVinoLibrary has a member of each name.
#define HB_OPENVINO_FUNCTIONS(X)                 \
  X(ov_compiled_model_create_infer_request)      \
  X(ov_compiled_model_free)                      \
  X(ov_compiled_model_input_by_index)            \
  X(ov_compiled_model_inputs_size)               \
  X(ov_compiled_model_output_by_index)           \
  X(ov_compiled_model_output_by_name)            \
  X(ov_compiled_model_outputs_size)              \
  X(ov_core_compile_model_props)                 \
  X(ov_core_create)                              \
  X(ov_core_get_property)                        \
  X(ov_core_read_model)                          \
  X(ov_free)                                     \
  X(ov_get_error_info)                           \
  X(ov_get_last_err_msg)                         \
  X(ov_infer_request_free)                       \
  X(ov_infer_request_get_output_tensor_by_index) \
  X(ov_infer_request_infer)                      \
  X(ov_infer_request_set_input_tensor_by_index)  \
  X(ov_model_free)                               \
  X(ov_output_const_port_free)                   \
  X(ov_partial_shape_free)                       \
  X(ov_port_get_any_name)                        \
  X(ov_port_get_element_type)                    \
  X(ov_port_get_partial_shape)                   \
  X(ov_shape_free)                               \
  X(ov_tensor_create_from_host_ptr)              \
  X(ov_tensor_data)                              \
  X(ov_tensor_free)                              \
  X(ov_tensor_get_shape)

/// The library and its one core.
///
/// Lifecycle  Opened by the first Get, kept until the process ends: OpenVINO's own threads may
///            still be in it.
/// Threads    Get: any. The functions are as safe as OpenVINO says: a core and a compiled model may
///            be shared, an infer request not.
/// Memory     About 60 MB resident once a model is compiled, beside the model.
struct OpenVinoLibrary {
#define HB_OPENVINO_MEMBER(name) decltype(&::name) name = nullptr;
  HB_OPENVINO_FUNCTIONS(HB_OPENVINO_MEMBER)
#undef HB_OPENVINO_MEMBER
  ov_core_t* core = nullptr;
  std::string folder;  ///< where it was found

  /// kNotFound when it is nowhere; the message says where it was looked for and what to do. A
  /// failed call may be repeated.
  static Result<const OpenVinoLibrary*> Get();
  /// The same from one of `folders`, the first that has it, and not shared: for tests of the above.
  static Result<const OpenVinoLibrary*> Open(const std::vector<std::string>& folders);
  /// What a failed call meant: its status and OpenVINO's last words about it.
  [[nodiscard]] Error Failure(Code code, std::string_view what, ov_status_e status) const;
};

/// Where Get looks, in order: HEARTBEAT_OPENVINO alone if it is set; else lib/ beside the
/// executable and the folder that the build named.
std::vector<std::string> OpenVinoFolders();

}  // namespace hb::neural
