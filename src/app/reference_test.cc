#include "app/reference.h"

#include <gtest/gtest.h>

#include "app/catalogue.h"
#include "env/env.h"

namespace hb {
namespace {

TEST(Reference, CommittedPagesAreWhatTheProgramSays) {
  ASSERT_FALSE(ReferencePages().empty());
  for (const std::string_view page : ReferencePages()) {
    const auto made = ReferencePage(page);
    ASSERT_TRUE(made.ok()) << made.error().message;
    const auto kept =
        ReadFile(std::string(HB_SOURCE_DIR "/docs/reference/").append(page).append(".md"));
    ASSERT_TRUE(kept.ok()) << kept.error().message;
    EXPECT_EQ(kept.value(), made.value())
        << "make it again: build/release/heartbeat config --reference " << page
        << " > docs/reference/" << page << ".md";
  }
}

TEST(Reference, NamesEveryComponentAndSetting) {
  const auto sources = ReferencePage("sources");
  ASSERT_TRUE(sources.ok());
  for (const auto* entry : SourceEntries()) {
    EXPECT_NE(sources.value().find("## " + std::string(entry->name)), std::string::npos);
    for (const Field& field : entry->fields) {
      EXPECT_NE(sources.value().find("| `" + std::string(field.name) + "` |"), std::string::npos)
          << field.name;
    }
  }
}

TEST(Reference, RefusesAPageThatIsNotThere) {
  const auto page = ReferencePage("stors");
  ASSERT_FALSE(page.ok());
  EXPECT_NE(page.error().message.find("stores"), std::string::npos);
}

}  // namespace
}  // namespace hb
