#include "neural/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "neural/openvino_library.h"

namespace hb::neural {
namespace {

using testing::HasSubstr;

std::string ModelPath(const std::string& name) {
  return std::string(HB_SOURCE_DIR) + "/tests/neural/models/" + name;
}

/// A text's ids and what onnxruntime made of it alone (tests/neural/make_models.py).
struct Case {
  std::vector<std::int64_t> ids;
  std::vector<float> logits, pooled;
};

template <typename T>
std::vector<T> Numbers(const std::string& text) {
  std::istringstream in(text);
  std::vector<T> numbers;
  for (T value; in >> value;) numbers.push_back(value);
  return numbers;
}

std::vector<Case> Cases(const std::string& name) {
  std::ifstream file(ModelPath(name + ".tsv"));
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string ids, logits, pooled;
    std::getline(fields, ids, '\t');
    std::getline(fields, logits, '\t');
    std::getline(fields, pooled, '\t');
    cases.push_back({Numbers<std::int64_t>(ids), Numbers<float>(logits), Numbers<float>(pooled)});
  }
  EXPECT_EQ(cases.size(), 6U) << name;
  return cases;
}

std::unique_ptr<Network> Load(const std::string& name, const Network::Options& options = {}) {
  auto network = Network::Load(ModelPath(name + ".onnx"), options);
  EXPECT_TRUE(network.ok()) << network.error().message;
  return network.ok() ? std::move(network).value() : nullptr;
}

std::size_t OutputOf(const Network& network, const std::string& name) {
  for (std::size_t i = 0; i < network.outputs().size(); ++i) {
    if (network.outputs()[i].name == name) return i;
  }
  ADD_FAILURE() << "no output " << name;
  return 0;
}

/// All cases in one batch, as long as the longest.
void RunTogether(const std::vector<Case>& cases, Network::Request& request) {
  std::size_t tokens = 0;
  for (const Case& each : cases) tokens = std::max(tokens, each.ids.size());
  std::vector<std::int64_t> ids(cases.size() * tokens), mask(ids.size());
  for (std::size_t row = 0; row < cases.size(); ++row) {
    for (std::size_t i = 0; i < cases[row].ids.size(); ++i) {
      ids[row * tokens + i] = cases[row].ids[i];
      mask[row * tokens + i] = 1;
    }
  }
  const auto done = request.Run(ids, mask, cases.size(), tokens);
  ASSERT_TRUE(done.ok()) << done.error().message;
}

/// The largest difference of an output to what onnxruntime said of the texts one by one.
float Difference(const std::vector<Case>& cases, std::span<const float> found,
                 std::vector<float> Case::*wanted) {
  float most = 0;
  const std::size_t width = found.size() / cases.size();
  for (std::size_t row = 0; row < cases.size(); ++row) {
    EXPECT_EQ((cases[row].*wanted).size(), width);
    for (std::size_t i = 0; i < std::min(width, (cases[row].*wanted).size()); ++i) {
      most = std::max(most, std::abs(found[row * width + i] - (cases[row].*wanted)[i]));
    }
  }
  return most;
}

TEST(OpenVinoLibrary, SaysWhatToDoWhenItIsNowhere) {
  const auto found = OpenVinoLibrary::Open({"/nowhere/lib", "/nowhere/else"});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, Code::kNotFound);
  EXPECT_THAT(found.error().message, HasSubstr("/nowhere/lib, /nowhere/else"));
  EXPECT_THAT(found.error().message, HasSubstr("./hb build"));
  EXPECT_THAT(found.error().message, HasSubstr("HEARTBEAT_OPENVINO"));
}

TEST(OpenVinoLibrary, AFileThatIsNoLibraryIsAnError) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("hb_openvino_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "libopenvino_c.so.2641") << "no library";
  const auto found = OpenVinoLibrary::Open({folder.string()});
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, Code::kNotFound);
}

TEST(OpenVinoLibrary, IsOneForTheWholeProcess) {
  const auto first = OpenVinoLibrary::Get(), second = OpenVinoLibrary::Get();
  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(first.value(), second.value());
}

TEST(Network, GivesWhatOnnxruntimeGives) {
  for (const std::string name : {"plain", "types", "roberta"}) {
    const auto network = Load(name);
    ASSERT_NE(network, nullptr);
    auto request = network->MakeRequest();
    ASSERT_TRUE(request.ok());
    const auto cases = Cases(name);
    RunTogether(cases, *request.value());
    const std::size_t logits = OutputOf(*network, "logits");
    EXPECT_EQ(network->outputs()[logits].width, name == "roberta" ? 3 : 5);
    EXPECT_LT(Difference(cases, request.value()->output(logits), &Case::logits), 1e-4F) << name;
    if (name == "roberta") continue;
    const std::size_t pooled = OutputOf(*network, "pooled");
    EXPECT_EQ(network->outputs()[pooled].width, 8);
    EXPECT_EQ(network->outputs()[pooled].rank, 2U);
    EXPECT_LT(Difference(cases, request.value()->output(pooled), &Case::pooled), 1e-4F) << name;
  }
}

// A step of 8 bits is 12/255 here, and a number may fall on either side of it.
TEST(Network, EightBitProductsAreNear) {
  for (const auto arithmetic : {Arithmetic::kFp32, Arithmetic::kInt8}) {
    const auto network = Load("int8", {.arithmetic = arithmetic});
    ASSERT_NE(network, nullptr);
    auto request = network->MakeRequest();
    const auto cases = Cases("int8");
    RunTogether(cases, *request.value());
    EXPECT_LT(
        Difference(cases, request.value()->output(OutputOf(*network, "logits")), &Case::logits),
        0.15F)
        << ArithmeticName(arithmetic);
  }
}

TEST(Network, Bf16IsNearWhereTheCpuHasIt) {
  const auto has = CpuHasBf16();
  ASSERT_TRUE(has.ok());
  if (!has.value()) GTEST_SKIP() << "this CPU has no bf16";
  const auto network = Load("plain", {.arithmetic = Arithmetic::kBf16});
  ASSERT_NE(network, nullptr);
  auto request = network->MakeRequest();
  const auto cases = Cases("plain");
  RunTogether(cases, *request.value());
  const float difference =
      Difference(cases, request.value()->output(OutputOf(*network, "logits")), &Case::logits);
  EXPECT_LT(difference, 0.3F);
  EXPECT_GT(difference, 1e-5F) << "it was computed in fp32";
}

TEST(Network, ManyThreadsGetTheirOwnAnswers) {
  const auto network = Load("plain", {.concurrent = 2});
  ASSERT_NE(network, nullptr);
  const auto cases = Cases("plain");
  const std::size_t logits = OutputOf(*network, "logits");
  std::vector<float> differences(4, 1.0F);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < differences.size(); ++t) {
    threads.emplace_back([&, t] {
      auto request = network->MakeRequest();
      if (!request.ok()) return;
      float most = 0;
      for (int round = 0; round < 50; ++round) {
        const Case& one = cases[(t + static_cast<std::size_t>(round)) % cases.size()];
        const std::vector<std::int64_t> mask(one.ids.size(), 1);
        if (!request.value()->Run(one.ids, mask, 1, one.ids.size()).ok()) return;
        most = std::max(most, Difference({one}, request.value()->output(logits), &Case::logits));
      }
      differences[t] = most;
    });
  }
  for (auto& thread : threads) thread.join();
  for (const float difference : differences) EXPECT_LT(difference, 1e-4F);
}

TEST(Network, WhatIsNoSuchNetworkIsAnError) {
  constexpr struct {
    const char *name, *words;
    Code code;
  } kCases[] = {
      {"fixed", "dynamic axes", Code::kInvalidArgument},
      {"no_mask", "attention_mask", Code::kInvalidArgument},
      {"positions", "position_ids", Code::kInvalidArgument},
      {"half", "float32", Code::kInvalidArgument},
      {"absent", "there is no file", Code::kNotFound},
  };
  for (const auto& each : kCases) {
    const auto network = Network::Load(ModelPath(std::string(each.name) + ".onnx"), {});
    ASSERT_FALSE(network.ok()) << each.name;
    EXPECT_EQ(network.error().code, each.code) << network.error().message;
    EXPECT_THAT(network.error().message, HasSubstr(each.words));
    EXPECT_THAT(network.error().message, HasSubstr(each.name));
  }
}

TEST(Network, BytesThatAreNoOnnxAreAnError) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("hb_no_onnx_" + std::to_string(::getpid()) + ".onnx");
  std::ifstream whole(ModelPath("plain.onnx"), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  ASSERT_GT(bytes.size(), 1000U);
  for (const std::string& content :
       {std::string(), std::string("no network"), bytes.substr(0, bytes.size() / 2)}) {
    std::ofstream(path, std::ios::binary) << content;
    const auto network = Network::Load(path.string(), {});
    ASSERT_FALSE(network.ok()) << content.size() << " bytes";
    EXPECT_NE(network.error().code, Code::kNotFound) << network.error().message;
  }
  std::filesystem::remove(path);
}

TEST(Network, ABatchThatDoesNotFitItsShapeIsAnError) {
  const auto network = Load("plain");
  ASSERT_NE(network, nullptr);
  auto request = network->MakeRequest();
  const std::vector<std::int64_t> three(3, 1), four(4, 1);
  EXPECT_FALSE(request.value()->Run(three, three, 2, 2).ok());
  EXPECT_FALSE(request.value()->Run(four, three, 2, 2).ok());
  EXPECT_FALSE(request.value()->Run({}, {}, 0, 0).ok());
  EXPECT_TRUE(request.value()->Run(four, four, 2, 2).ok());
}

}  // namespace
}  // namespace hb::neural
