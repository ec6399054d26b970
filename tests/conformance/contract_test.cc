// The rules of docs/reference/component_contract.md that can be read off a component's entry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <string_view>

#include "app/catalogue.h"
#include "samples.h"

namespace hb {
namespace {

/// Entry<...> of any kind, as much as these rules look at.
struct Described {
  std::string kind;
  std::string_view name, summary;
  std::span<const Field> fields;
};

template <typename Entries>
void Add(const char* kind, const Entries& entries, std::vector<Described>& all) {
  for (const auto* entry : entries)
    all.push_back({kind, entry->name, entry->summary, entry->fields});
}

std::vector<Described> All() {
  std::vector<Described> all;
  Add("source", SourceEntries(), all);
  Add("log", LogEntries(), all);
  Add("store", StoreEntries(), all);
  return all;
}

const conformance::Samples& SamplesOf(const Described& component) {
  if (component.kind == "source") return conformance::kSourceSamples;
  return component.kind == "log" ? conformance::kLogSamples : conformance::kStoreSamples;
}

/// Values with which everything but the setting under test is fine.
Settings::Values Fine(const Described& component) {
  const auto sample = SamplesOf(component).find(component.name);
  return sample == SamplesOf(component).end() ? Settings::Values() : sample->second.values;
}

bool IsSentence(std::string_view text) {
  return text.size() > 5 && text.size() <= 200 && text.back() == '.' &&
         text.find('\n') == std::string_view::npos;
}

bool IsName(std::string_view text) {
  static const std::regex kName("[a-z][a-z0-9]*(_[a-z0-9]+)*");
  return std::regex_match(text.begin(), text.end(), kName);
}

TEST(Contract, EveryKindHasAComponentAndEveryComponentASample) {
  EXPECT_FALSE(SourceEntries().empty());
  EXPECT_FALSE(LogEntries().empty());
  EXPECT_FALSE(StoreEntries().empty());
  std::set<std::string> known;
  for (const Described& component : All()) {
    EXPECT_TRUE(SamplesOf(component).contains(component.name))
        << component.kind << " " << component.name << " has no line in tests/conformance/samples.h";
    known.insert(component.kind + " " + std::string(component.name));
  }
  const auto all_known = [&known](const std::string& kind, const conformance::Samples& samples) {
    for (const auto& [name, sample] : samples) {
      EXPECT_TRUE(known.contains(kind + " " + name))
          << "tests/conformance/samples.h: there is no " << kind << " " << name;
    }
  };
  all_known("source", conformance::kSourceSamples);
  all_known("log", conformance::kLogSamples);
  all_known("store", conformance::kStoreSamples);
}

TEST(Contract, NamesAndSummariesAreFitForPeople) {
  std::set<std::string> names;
  for (const Described& component : All()) {
    EXPECT_TRUE(IsName(component.name)) << component.name;
    EXPECT_TRUE(IsSentence(component.summary)) << component.name << ": " << component.summary;
    EXPECT_TRUE(names.insert(component.kind + "/" + std::string(component.name)).second)
        << component.name;
  }
}

TEST(Contract, SettingsAreNamedTypedAndExplained) {
  const std::set<std::string_view> types{"int",  "float",       "bool", "string",
                                         "list", "duration_ms", "bytes"};
  std::size_t fields = 0;
  for (const Described& component : All()) {
    std::set<std::string_view> names;
    for (const Field& field : component.fields) {
      SCOPED_TRACE(component.kind + " " + std::string(component.name) + "." +
                   std::string(field.name));
      ++fields;
      EXPECT_TRUE(IsName(field.name));
      EXPECT_TRUE(names.insert(field.name).second) << "twice";
      EXPECT_TRUE(types.contains(field.type)) << field.type;
      EXPECT_TRUE(IsSentence(field.help)) << field.help;
      if (field.name.ends_with("_ms")) {
        EXPECT_EQ(field.type, "duration_ms");
      }
      if (field.name.ends_with("_bytes")) {
        EXPECT_EQ(field.type, "bytes");
      }
      EXPECT_NE(field.name, "kind") << "names the component itself";
      if (component.kind == "store") {
        EXPECT_NE(field.name, "retention") << "belongs to every store";
      }
      if (field.secret) {
        EXPECT_TRUE(field.fallback.empty() || field.fallback == "!")
            << "no secret stands in the source";
      }
    }
  }
  EXPECT_GT(fields, 10u);
}

TEST(Contract, WrongSettingsAreRefusedByName) {
  for (const Described& component : All()) {
    SCOPED_TRACE(component.kind + " " + std::string(component.name));
    const Settings::Values fine = Fine(component);
    const auto settings = Settings::Parse(component.fields, fine);
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    for (const Field& field : component.fields) {
      SCOPED_TRACE(field.name);
      Settings::Values values = fine;
      values[std::string(field.name) + "x"] = "1";
      const auto unknown = Settings::Parse(component.fields, values);
      ASSERT_FALSE(unknown.ok());
      EXPECT_THAT(unknown.error().message, testing::HasSubstr("did you mean"));
      if (field.fallback == "!") {
        values = fine;
        values.erase(std::string(field.name));
        EXPECT_FALSE(Settings::Parse(component.fields, values).ok()) << "is required";
      }
      if (field.type == "string" || field.type == "list") continue;
      values = fine;
      values[std::string(field.name)] = "no such value";
      const auto wrong = Settings::Parse(component.fields, values);
      ASSERT_FALSE(wrong.ok());
      EXPECT_EQ(wrong.error().code, Code::kInvalidArgument);
      EXPECT_THAT(wrong.error().message, testing::HasSubstr(std::string(field.name)));
      if (field.secret) {
        EXPECT_THAT(wrong.error().message, testing::Not(testing::HasSubstr("no such value")));
      }
    }
  }
}

TEST(Contract, ANegativeNumberNeverBreaksAComponent) {
  // It may be refused by the component or mean something; it must not crash or be taken for a huge
  // count.
  std::size_t tried = 0;
  ManualClock clock(FromMillis(1'767'225'600'000));
  for (const auto* entry : SourceEntries()) {
    const conformance::Sample& sample = conformance::kSourceSamples.at(std::string(entry->name));
    if (!conformance::Missing(sample).empty()) continue;
    for (const Field& field : entry->fields) {
      if (field.type != "int" && field.type != "float") continue;
      Settings::Values values = sample.values;
      values[std::string(field.name)] = "-1";
      const auto settings = Settings::Parse(entry->fields, values);
      if (!settings.ok()) continue;
      Env env{clock, testing::TempDir()};
      const auto made = entry->make(settings.value(), env);
      ++tried;
      if (made.ok()) continue;
      EXPECT_EQ(made.error().code, Code::kInvalidArgument);
      EXPECT_THAT(made.error().message, testing::HasSubstr(std::string(field.name)));
    }
  }
  EXPECT_GT(tried, 0u);
}

}  // namespace
}  // namespace hb
