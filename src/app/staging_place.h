// app/staging_place.h - where the stagings of a data folder lie: folders, or prefixes of a bucket.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "backfill/staging.h"
#include "base/result.h"

namespace hb {

/// Of a backfill that names none: in the data folder, or in the bucket of [storage].
/// kInvalidArgument: storage.mode is "s3" without a bucket.
Result<std::string> DefaultStagingPlace(const Config& config, const std::string& identity);

/// The place whatever the current folder is; a bucket's as it is.
std::string FullStagingPlace(const std::string& place);

/// Opens "s3://BUCKET/PREFIX" as [storage] says, with the keys of the environment
/// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN); anything else is a folder.
/// `stopped`: asked before what failed is tried again.
Result<std::unique_ptr<backfill::Staging>> OpenStagingAt(const std::string& place,
                                                         const Config& config,
                                                         std::function<bool()> stopped = {});

/// Writes down that the data folder has a staging there, so that deletes find it.
Status RememberStaging(const std::string& place, const Config& config);

/// All of them: those in the data folder, and those that were written down.
Result<std::vector<std::string>> KnownStagings(const Config& config);

}  // namespace hb
