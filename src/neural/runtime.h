// neural/runtime.h - an ONNX network, compiled for this CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb::neural {

/// What a network computes in.
enum class Arithmetic : std::uint8_t {
  kFp32,  ///< fp32 alone, also where the file asks for 8-bit products: what others are held against
  kInt8,  ///< 8-bit products where the file asks for them, fp32 elsewhere
  kBf16,  ///< 8-bit products where the file asks for them, bf16 elsewhere
};
/// "fp32", "int8", "bf16"
std::string_view ArithmeticName(Arithmetic arithmetic) noexcept;

/// Whether this CPU multiplies bf16 by itself. kNotFound: no runtime (OpenVinoLibrary::Get).
Result<bool> CpuHasBf16();

/// A network that reads token ids and gives tables of numbers, compiled for this CPU by OpenVINO.
///
/// Lifecycle  Loaded once (0.1 to 0.5 s), used by all threads, destroyed after its Requests.
/// Threads    Const methods from any thread. Each thread brings its own Request; as many as
///            Options::concurrent run at the same time, others wait for their turn.
/// Memory     The file's weights once (bf16 and fp32 use: unpacked), and for every `concurrent`
///            room for the largest batch seen.
/// Errors     kNotFound: no runtime, or no file. kInvalidArgument: not a network of this kind.
///            kCorrupt: not an ONNX file that the runtime can read.
class Network {
 public:
  class Request;

  struct Options {
    std::size_t concurrent = 1;  ///< Requests that run at the same time
    std::size_t threads = 1;     ///< of each Request; 1 is the caller's own
    Arithmetic arithmetic = Arithmetic::kFp32;
  };
  /// A table that the network gives: [rows, width], or [rows, tokens, width] and so on.
  struct Output {
    std::string name;
    std::size_t rank = 0;
    std::int64_t width = -1;  ///< of the last dimension; -1: the file does not say
  };

  /// Inputs must be input_ids and attention_mask, perhaps token_type_ids (zeros are given), all
  /// int64 [rows, tokens]; outputs float32 with rows first.
  static Result<std::unique_ptr<Network>> Load(const std::string& path, const Options& options);
  virtual ~Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  [[nodiscard]] virtual const std::vector<Output>& outputs() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Request>> MakeRequest() const = 0;

 protected:
  Network() = default;
};

/// One thread's way to a Network's answers.
///
/// Threads  One at a time.
class Network::Request {
 public:
  virtual ~Request() = default;

  /// Computes all outputs of rows x tokens ids; `mask` is 1 for a token, 0 for what fills a row up.
  /// Requires: both spans hold rows * tokens numbers, at least one each. kInternal: the network
  /// failed on them, for example on an id that it has no embedding of.
  virtual Status Run(std::span<const std::int64_t> ids, std::span<const std::int64_t> mask,
                     std::size_t rows, std::size_t tokens) = 0;
  /// Numbers of outputs()[i] of the last Run, row after row. Live until the next Run.
  [[nodiscard]] virtual std::span<const float> output(std::size_t i) const = 0;
};

}  // namespace hb::neural
