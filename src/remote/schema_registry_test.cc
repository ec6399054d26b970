#include "remote/schema_registry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hb {
namespace {

using std::chrono::milliseconds;

/// A registry that says what each test has it say, and keeps what it was asked.
struct Stand {
  std::vector<HttpCall> calls;
  std::function<Result<HttpAnswer>(const HttpCall&)> answer;

  SchemaRegistry::Options Options() {
    SchemaRegistry::Options options;
    options.urls = {"http://one/apis/", "http://two"};
    options.pause = milliseconds(1);
    options.perform = [this](const HttpCall& call) {
      calls.push_back(call);
      return answer(call);
    };
    return options;
  }
  [[nodiscard]] std::string Asked() const {
    std::string text;
    for (const HttpCall& call : calls) text += call.method + " " + call.url + "\n";
    return text;
  }
};

HttpAnswer Says(int status, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}
bool EndsWith(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}
HttpAnswer NotThere() { return Says(404, R"({"error_code":40401,"message":"no subject"})"); }

TEST(SchemaRegistry, ANewSubjectIsRegisteredOnceAndItsIdIsKept) {
  Stand stand;
  stand.answer = [](const HttpCall& call) -> Result<HttpAnswer> {
    if (EndsWith(call.url, "/versions")) return Says(200, R"({"id":12})");
    return NotThere();
  };
  SchemaRegistry registry(stand.Options());
  for (int i = 0; i < 3; ++i) {
    const auto id = registry.IdOf("my topic", "\"string\"");
    ASSERT_TRUE(id.ok()) << id.error().message;
    EXPECT_EQ(id.value(), 12u);
  }
  EXPECT_EQ(stand.Asked(),
            "POST http://one/apis/subjects/my%20topic-value\n"
            "POST http://one/apis/compatibility/subjects/my%20topic-value/versions/latest"
            "?verbose=true\n"
            "POST http://one/apis/subjects/my%20topic-value/versions\n");
  EXPECT_EQ(stand.calls[2].body, R"({"schemaType":"AVRO","schema":"\"string\""})");
  // Its text is known as well.
  EXPECT_EQ(registry.SchemaOf(12).value(), "\"string\"");
  EXPECT_EQ(stand.calls.size(), 3u);
}

TEST(SchemaRegistry, WhatIsThereAlreadyIsNotRegisteredAgain) {
  Stand stand;
  stand.answer = [](const HttpCall&) -> Result<HttpAnswer> {
    return Says(200, R"({"subject":"t-value","id":3,"version":1,"schema":"x"})");
  };
  SchemaRegistry registry(stand.Options());
  EXPECT_EQ(registry.IdOf("t", "x").value(), 3u);
  EXPECT_EQ(stand.calls.size(), 1u);
}

TEST(SchemaRegistry, WithoutTheRightToRegisterAMissingSchemaIsAnErrorThatSaysWhatToDo) {
  Stand stand;
  stand.answer = [](const HttpCall&) -> Result<HttpAnswer> { return NotThere(); };
  auto options = stand.Options();
  options.may_register = false;
  SchemaRegistry registry(options);
  const auto id = registry.IdOf("t", "x");
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code, Code::kInvalidArgument);
  EXPECT_NE(id.error().message.find("registry.register"), std::string::npos);
  EXPECT_EQ(stand.calls.size(), 1u);
}

TEST(SchemaRegistry, AnIncompatibleSchemaIsRefusedBeforeItIsRegistered) {
  Stand stand;
  stand.answer = [](const HttpCall& call) -> Result<HttpAnswer> {
    if (call.url.find("/compatibility/") == std::string::npos) return NotThere();
    return Says(200, R"({"is_compatible":false,"messages":["field x has no default"]})");
  };
  SchemaRegistry registry(stand.Options());
  const auto id = registry.IdOf("t", "x");
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code, Code::kInvalidArgument);
  EXPECT_NE(id.error().message.find("field x has no default"), std::string::npos);
  EXPECT_EQ(stand.calls.size(), 2u);
}

TEST(SchemaRegistry, ARefusalOfARegistryThatCannotCheckIsAnErrorToo) {
  Stand stand;
  stand.answer = [](const HttpCall& call) -> Result<HttpAnswer> {
    if (EndsWith(call.url, "/versions")) return Says(409, R"({"error_code":409,"message":"no!"})");
    return NotThere();
  };
  SchemaRegistry registry(stand.Options());
  EXPECT_EQ(registry.IdOf("t", "x").error().code, Code::kInvalidArgument);
}

TEST(SchemaRegistry, TwoThatRegisterAtTheSameMomentGetTheSameId) {
  Stand stand;
  bool there = false;
  stand.answer = [&](const HttpCall& call) -> Result<HttpAnswer> {
    if (EndsWith(call.url, "/versions")) {
      there = true;  // by the other
      return Says(409, R"({"error_code":409,"message":"already exists"})");
    }
    return there ? Says(200, R"({"id":4})") : NotThere();
  };
  SchemaRegistry registry(stand.Options());
  EXPECT_EQ(registry.IdOf("t", "x").value(), 4u);
}

TEST(SchemaRegistry, WhatAnotherRegistersIsWaitedForUntilItCanBeFound) {
  Stand stand;
  int conflicts = 0;
  stand.answer = [&](const HttpCall& call) -> Result<HttpAnswer> {
    if (EndsWith(call.url, "/versions")) {
      ++conflicts;
      return Says(409, R"({"error_code":409,"message":"already exists"})");
    }
    return conflicts == 2 ? Says(200, R"({"id":4})") : NotThere();
  };
  SchemaRegistry registry(stand.Options());
  EXPECT_EQ(registry.IdOf("t", "x").value(), 4u);
}

TEST(SchemaRegistry, AddressesAreTriedInTurnAndTheOneThatAnsweredComesFirst) {
  Stand stand;
  stand.answer = [](const HttpCall& call) -> Result<HttpAnswer> {
    if (call.url.rfind("http://one", 0) == 0) return Error{Code::kUnavailable, "refused"};
    return Says(200, R"({"schema":"\"int\""})");
  };
  SchemaRegistry registry(stand.Options());
  EXPECT_EQ(registry.SchemaOf(1).value(), "\"int\"");
  EXPECT_EQ(registry.SchemaOf(2).value(), "\"int\"");
  EXPECT_EQ(stand.Asked(),
            "GET http://one/apis/schemas/ids/1\nGET http://two/schemas/ids/1\n"
            "GET http://two/schemas/ids/2\n");
}

TEST(SchemaRegistry, FiveHundredsAreTriedAgainAndWhoIsAwayIsNamed) {
  Stand stand;
  int left = 3;
  stand.answer = [&](const HttpCall&) -> Result<HttpAnswer> {
    if (left-- > 0) return Says(503, R"({"error_code":50001,"message":"store"})");
    return Says(200, R"({"schema":"\"int\""})");
  };
  SchemaRegistry registry(stand.Options());
  EXPECT_EQ(registry.SchemaOf(1).value(), "\"int\"");
  left = 1000;
  const auto away = registry.SchemaOf(2);
  ASSERT_FALSE(away.ok());
  EXPECT_EQ(away.error().code, Code::kUnavailable);
  EXPECT_NE(away.error().message.find("http://two: HTTP 503: store; http://one/apis/: HTTP 503"),
            std::string::npos)
      << away.error().message;
  EXPECT_EQ(registry.SchemaOf(1).value(), "\"int\"");  // known: nobody is asked
}

TEST(SchemaRegistry, UnknownAndUnusableIdsAreToldApartFromARegistryThatRefusesUs) {
  Stand stand;
  HttpAnswer said;
  stand.answer = [&](const HttpCall&) -> Result<HttpAnswer> { return said; };
  SchemaRegistry registry(stand.Options());
  said = Says(404, R"({"error_code":40403,"message":"Schema not found"})");
  EXPECT_EQ(registry.SchemaOf(1).error().code, Code::kNotFound);
  said = Says(200, R"({"schemaType":"PROTOBUF","schema":"message x {}"})");
  EXPECT_EQ(registry.SchemaOf(1).error().code, Code::kInvalidArgument);
  said = Says(401, "");
  EXPECT_EQ(registry.SchemaOf(1).error().code, Code::kUnavailable);
  for (const char* body : {"", "[]", "{", R"({"schema":1})", R"({"schema":null})"}) {
    said = Says(200, body);
    EXPECT_EQ(registry.SchemaOf(1).error().code, Code::kUnavailable) << body;
    EXPECT_EQ(registry.IdOf("t", "x").error().code, Code::kUnavailable) << body;
  }
}

TEST(SchemaRegistry, CredentialsGoIntoTheHeaderAndIntoNoMessage) {
  Stand stand;
  stand.answer = [](const HttpCall&) -> Result<HttpAnswer> {
    return Error{Code::kUnavailable, "refused"};
  };
  auto options = stand.Options();
  options.user = "user";
  options.password = "secret";
  SchemaRegistry registry(options);
  const auto away = registry.SchemaOf(1);
  ASSERT_FALSE(stand.calls.empty());
  const auto& headers = stand.calls[0].headers;
  EXPECT_NE(std::find(headers.begin(), headers.end(), "Authorization: Basic dXNlcjpzZWNyZXQ="),
            headers.end());
  EXPECT_EQ(away.error().message.find("secret"), std::string::npos);
}

TEST(SchemaRegistry, StopEndsTheWait) {
  Stand stand;
  stand.answer = [](const HttpCall&) -> Result<HttpAnswer> {
    return Error{Code::kUnavailable, "refused"};
  };
  auto options = stand.Options();
  options.pause = std::chrono::hours(1);
  SchemaRegistry registry(options);
  registry.Stop();
  EXPECT_EQ(registry.SchemaOf(1).error().code, Code::kCancelled);
}

}  // namespace
}  // namespace hb
