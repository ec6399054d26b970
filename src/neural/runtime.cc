#include "neural/runtime.h"

#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

#include "neural/openvino_library.h"

namespace hb::neural {

namespace {

using Ov = OpenVinoLibrary;

/// Frees one of OpenVINO's objects by the library's function for it.
template <typename T>
using Handle = std::unique_ptr<T, void (*)(T*)>;
using Port = Handle<ov_output_const_port_t>;

enum class Input : std::uint8_t { kIds, kMask, kTypes };

Result<std::string> PortName(const Ov& ov, const ov_output_const_port_t* port) {
  char* name = nullptr;
  if (const auto status = ov.ov_port_get_any_name(port, &name); status != OK) {
    return ov.Failure(Code::kInvalidArgument, "an input or output has no name", status);
  }
  std::string text(name);
  ov.ov_free(name);
  return text;
}

/// Bounds of each dimension of a port; nothing where even their number is open.
Result<std::vector<ov_dimension_t>> PortShape(const Ov& ov, const ov_output_const_port_t* port) {
  ov_partial_shape_t shape{};
  if (const auto status = ov.ov_port_get_partial_shape(port, &shape); status != OK) {
    return ov.Failure(Code::kInvalidArgument, "an input or output has no shape", status);
  }
  std::vector<ov_dimension_t> dims;
  if (shape.rank.min == shape.rank.max && shape.dims != nullptr) {
    dims.assign(shape.dims, shape.dims + shape.rank.max);
  }
  ov.ov_partial_shape_free(&shape);
  return dims;
}

Result<ov_element_type_e> PortType(const Ov& ov, const ov_output_const_port_t* port) {
  ov_element_type_e type{};
  if (const auto status = ov.ov_port_get_element_type(port, &type); status != OK) {
    return ov.Failure(Code::kInvalidArgument, "an input or output has no type", status);
  }
  return type;
}

class OvRequest final : public Network::Request {
 public:
  OvRequest(const Ov& ov, ov_infer_request_t* request, std::vector<Input> inputs,
            std::size_t outputs)
      : ov_(ov),
        request_(request, ov.ov_infer_request_free),
        inputs_(std::move(inputs)),
        outputs_(outputs) {}

  Status Run(std::span<const std::int64_t> ids, std::span<const std::int64_t> mask,
             std::size_t rows, std::size_t tokens) override {
    if (rows == 0 || tokens == 0 || ids.size() != rows * tokens || mask.size() != ids.size()) {
      return Error{Code::kInternal, "a batch whose numbers do not fit its shape"};
    }
    if (types_.size() < ids.size()) types_.resize(ids.size());
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const std::int64_t* data = inputs_[i] == Input::kIds    ? ids.data()
                                 : inputs_[i] == Input::kMask ? mask.data()
                                                              : types_.data();
      HB_TRY(Give(i, data, rows, tokens));
    }
    if (const auto status = ov_.ov_infer_request_infer(request_.get()); status != OK) {
      return ov_.Failure(Code::kInternal, "the network failed", status);
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) HB_TRY(Take(i, rows));
    return Ok();
  }

  [[nodiscard]] std::span<const float> output(std::size_t i) const override { return outputs_[i]; }

 private:
  Status Give(std::size_t input, const std::int64_t* data, std::size_t rows, std::size_t tokens) {
    std::int64_t dims[] = {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(tokens)};
    const ov_shape_t shape{2, dims};
    ov_tensor_t* made = nullptr;
    // Inputs are only read, whatever the type of the interface says.
    auto* numbers = const_cast<std::int64_t*>(data);
    if (const auto status = ov_.ov_tensor_create_from_host_ptr(I64, shape, numbers, &made);
        status != OK) {
      return ov_.Failure(Code::kInternal, "no input tensor", status);
    }
    const Handle<ov_tensor_t> tensor(made, ov_.ov_tensor_free);
    if (const auto status =
            ov_.ov_infer_request_set_input_tensor_by_index(request_.get(), input, made);
        status != OK) {
      return ov_.Failure(Code::kInternal, "an input is refused", status);
    }
    return Ok();
  }

  Status Take(std::size_t output, std::size_t rows) {
    ov_tensor_t* found = nullptr;
    if (const auto status =
            ov_.ov_infer_request_get_output_tensor_by_index(request_.get(), output, &found);
        status != OK) {
      return ov_.Failure(Code::kInternal, "no output", status);
    }
    const Handle<ov_tensor_t> tensor(found, ov_.ov_tensor_free);
    ov_shape_t shape{};
    if (const auto status = ov_.ov_tensor_get_shape(found, &shape); status != OK) {
      return ov_.Failure(Code::kInternal, "an output without a shape", status);
    }
    std::size_t count = 1;
    const std::int64_t first = shape.rank > 0 ? shape.dims[0] : -1;
    for (std::int64_t i = 0; i < shape.rank; ++i) count *= static_cast<std::size_t>(shape.dims[i]);
    ov_.ov_shape_free(&shape);
    if (first != static_cast<std::int64_t>(rows)) {
      return Error{Code::kInvalidArgument, "the network gave " + std::to_string(first) +
                                               " rows for " + std::to_string(rows) + " texts"};
    }
    void* data = nullptr;
    if (const auto status = ov_.ov_tensor_data(found, &data); status != OK) {
      return ov_.Failure(Code::kInternal, "an output without data", status);
    }
    // The request keeps the memory after the handle is gone, until it runs again.
    outputs_[output] = {static_cast<const float*>(data), count};
    return Ok();
  }

  const Ov& ov_;
  Handle<ov_infer_request_t> request_;
  std::vector<Input> inputs_;
  std::vector<std::span<const float>> outputs_;
  std::vector<std::int64_t> types_;  // All zero: a text is one segment.
};

class OvNetwork final : public Network {
 public:
  OvNetwork(const Ov& ov, ov_compiled_model_t* model)
      : ov_(ov), model_(model, ov.ov_compiled_model_free) {}

  Status ReadInputs() {
    std::size_t count = 0;
    (void)ov_.ov_compiled_model_inputs_size(model_.get(), &count);
    bool ids = false, mask = false;
    for (std::size_t i = 0; i < count; ++i) {
      ov_output_const_port_t* made = nullptr;
      if (const auto status = ov_.ov_compiled_model_input_by_index(model_.get(), i, &made);
          status != OK) {
        return ov_.Failure(Code::kInvalidArgument, "an input cannot be read", status);
      }
      const Port port(made, ov_.ov_output_const_port_free);
      HB_ASSIGN(const std::string name, PortName(ov_, made));
      HB_ASSIGN(const auto shape, PortShape(ov_, made));
      HB_ASSIGN(const auto type, PortType(ov_, made));
      if (type != I64 || (shape.size() != 2 && !shape.empty())) {
        return Error{Code::kInvalidArgument, "input " + name + " is not int64 [rows, tokens]"};
      }
      for (const auto& dim : shape) {
        if (dim.min == dim.max) {
          return Error{Code::kInvalidArgument,
                       "input " + name + " has a fixed size: export with dynamic axes"};
        }
      }
      if (name == "input_ids") {
        inputs_.push_back(Input::kIds);
        ids = true;
      } else if (name == "attention_mask") {
        inputs_.push_back(Input::kMask);
        mask = true;
      } else if (name == "token_type_ids") {
        inputs_.push_back(Input::kTypes);
      } else {
        return Error{Code::kInvalidArgument, "the network asks for an input '" + name +
                                                 "'; input_ids, attention_mask and token_type_ids "
                                                 "can be given"};
      }
    }
    if (!ids || !mask) {
      return Error{Code::kInvalidArgument, "the network has no input_ids or no attention_mask"};
    }
    return Ok();
  }

  Status ReadOutputs() {
    std::size_t count = 0;
    (void)ov_.ov_compiled_model_outputs_size(model_.get(), &count);
    for (std::size_t i = 0; i < count; ++i) {
      ov_output_const_port_t* made = nullptr;
      if (const auto status = ov_.ov_compiled_model_output_by_index(model_.get(), i, &made);
          status != OK) {
        return ov_.Failure(Code::kInvalidArgument, "an output cannot be read", status);
      }
      const Port port(made, ov_.ov_output_const_port_free);
      HB_ASSIGN(std::string name, PortName(ov_, made));
      HB_ASSIGN(const auto shape, PortShape(ov_, made));
      HB_ASSIGN(const auto type, PortType(ov_, made));
      if (type != F32) {
        return Error{Code::kInvalidArgument, "output " + name + " is not float32"};
      }
      const bool known = !shape.empty() && shape.back().min == shape.back().max;
      outputs_.push_back({std::move(name), shape.size(), known ? shape.back().max : -1});
    }
    if (outputs_.empty()) return Error{Code::kInvalidArgument, "the network has no output"};
    for (const char* name : {"logits", "pooled"}) HB_TRY(PreferName(name));
    return Ok();
  }

  /// An output may have several names, of which the runtime gives any: where one is `name`, so is
  /// it called here.
  Status PreferName(const char* name) {
    ov_output_const_port_t* made = nullptr;
    if (ov_.ov_compiled_model_output_by_name(model_.get(), name, &made) != OK) return Ok();
    const Port port(made, ov_.ov_output_const_port_free);
    HB_ASSIGN(const std::string given, PortName(ov_, made));
    for (Output& output : outputs_) {
      if (output.name == given) output.name = name;
    }
    return Ok();
  }

  [[nodiscard]] const std::vector<Output>& outputs() const override { return outputs_; }

  [[nodiscard]] Result<std::unique_ptr<Request>> MakeRequest() const override {
    ov_infer_request_t* request = nullptr;
    if (const auto status = ov_.ov_compiled_model_create_infer_request(model_.get(), &request);
        status != OK) {
      return ov_.Failure(Code::kInternal, "no infer request", status);
    }
    return std::unique_ptr<Request>(
        std::make_unique<OvRequest>(ov_, request, inputs_, outputs_.size()));
  }

 private:
  const Ov& ov_;
  Handle<ov_compiled_model_t> model_;
  std::vector<Input> inputs_;  // In the network's order.
  std::vector<Output> outputs_;
};

Error At(const std::string& path, Error error) {
  return Error{error.code, path + ": " + error.message};
}

Result<ov_compiled_model_t*> Compile(const Ov& ov, const std::string& path,
                                     const Network::Options& options) {
  ov_model_t* read = nullptr;
  if (const auto status = ov.ov_core_read_model(ov.core, path.c_str(), nullptr, &read);
      status != OK) {
    return ov.Failure(Code::kCorrupt, "not an ONNX network that can be read", status);
  }
  const Handle<ov_model_t> model(read, ov.ov_model_free);
  // A stream is what one Request computes in. Pinning would tie the pipeline's threads to cores.
  const std::string streams = std::to_string(options.concurrent);
  const std::string threads = std::to_string(options.concurrent * options.threads);
  const bool bf16 = options.arithmetic == Arithmetic::kBf16;
  const ov_property_t properties[] = {
      {"NUM_STREAMS", streams.c_str()},
      {"INFERENCE_NUM_THREADS", threads.c_str()},
      {"ENABLE_CPU_PINNING", "NO"},
      {"INFERENCE_PRECISION_HINT", bf16 ? "bf16" : "f32"},
      {"LP_TRANSFORMS_MODE", options.arithmetic == Arithmetic::kFp32 ? "NO" : "YES"},
      // Or it would quantise what the file does not ask for.
      {"DYNAMIC_QUANTIZATION_GROUP_SIZE", "0"},
  };
  ov_compiled_model_t* compiled = nullptr;
  if (const auto status = ov.ov_core_compile_model_props(
          ov.core, read, "CPU", std::size(properties), properties, &compiled);
      status != OK) {
    return ov.Failure(Code::kInvalidArgument, "the network cannot be compiled", status);
  }
  return compiled;
}

}  // namespace

std::string_view ArithmeticName(Arithmetic arithmetic) noexcept {
  switch (arithmetic) {
    case Arithmetic::kFp32: return "fp32";
    case Arithmetic::kInt8: return "int8";
    case Arithmetic::kBf16: return "bf16";
  }
  return "?";
}

Result<bool> CpuHasBf16() {
  HB_ASSIGN(const Ov* ov, Ov::Get());
  char* value = nullptr;
  if (const auto status =
          ov->ov_core_get_property(ov->core, "CPU", "OPTIMIZATION_CAPABILITIES", &value);
      status != OK) {
    return ov->Failure(Code::kInternal, "the runtime does not know this CPU", status);
  }
  const bool found = std::string_view(value).find("BF16") != std::string_view::npos;
  ov->ov_free(value);
  return found;
}

Result<std::unique_ptr<Network>> Network::Load(const std::string& path, const Options& options) {
  if (options.concurrent == 0 || options.threads == 0) {
    return Error{Code::kInvalidArgument, "a network needs at least one thread"};
  }
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return Error{Code::kNotFound, "there is no file " + path};
  }
  HB_ASSIGN(const Ov* ov, Ov::Get());
  auto compiled = Compile(*ov, path, options);
  if (!compiled.ok()) return At(path, compiled.error());
  auto network = std::make_unique<OvNetwork>(*ov, compiled.value());
  if (auto read = network->ReadInputs(); !read.ok()) return At(path, read.error());
  if (auto read = network->ReadOutputs(); !read.ok()) return At(path, read.error());
  return std::unique_ptr<Network>(std::move(network));
}

}  // namespace hb::neural
