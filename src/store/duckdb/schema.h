// store/duckdb/schema.h - tables and views; the reader's page is docs/formats/store.md.
#pragma once

#include <string>

namespace hb::duck {

/// Raised when a table changes; stored in internal.meta.
inline constexpr int kSchemaVersion = 4;

/// Columns of `posts` in the order of its DDL.
enum PostColumn : unsigned {
  kId,
  kKey,
  kSource,
  kTime,
  kArrival,
  kTask,
  kTasks,
  kLang,
  kContent,
  kWord,
  kAuthor,
  kHandle,
  kCountry,
  kKind,
  kConversation,
  kReplyTo,
  kRepostOf,
  kNeg,
  kNeu,
  kPos,
  kMixed,
  kLabel,
  kLabel4,
  kPolarity,
  kSubjectivity,
  kHashtags,
  kMentions,
  kCashtags,
  kUrls,
  kEmoji,
  kFollowers,
  kFlags,
  kPlatformLang,
  kRulesVersion,
  kModels,
  kChain,
  kAnger,
  kJoy,
  kOptimism,
  kSadness,
  kEmotion,
  kEntities,
  kTopics,
  kFingerprint,
  kPostColumns
};

/// Columns of internal.windows in the order of its DDL.
enum WindowColumn : unsigned {
  kWTask,
  kWStart,
  kWSize,
  kWMs,
  kWPosts,
  kWAuthors,
  kWNeg,
  kWNeu,
  kWPos,
  kWMixed,
  kWPolarity,
  kWSubjectivity,
  kWNegative,
  kWNeutral,
  kWPositive,
  kWNegative4,
  kWNeutral4,
  kWPositive4,
  kWMixed4,
  kWOriginals,
  kWReposts,
  kWReplies,
  kWQuotes,
  kWCompleteness,
  kWFinal,
  kWFrozen,
  kWApproximate,
  kWRevision,
  kWUpdated,
  kWParts,
  kWAnger,
  kWJoy,
  kWOptimism,
  kWSadness,
  kWAngerPosts,
  kWJoyPosts,
  kWOptimismPosts,
  kWSadnessPosts,
  kWindowColumns
};

/// CREATE TABLE IF NOT EXISTS of everything that holds rows.
std::string TablesSql();
/// What brings the tables of an older version, 1 or later, to this one's.
std::string MigrationSql(int version);
/// CREATE OR REPLACE VIEW of everything that only shows them.
std::string ViewsSql();

}  // namespace hb::duck
