// app/web_files.h - the dashboard, embedded at build time from web/dist.
#pragma once

#include <span>

#include "serve/static_files.h"

namespace hb {

std::span<const StaticFile> WebFiles();

}  // namespace hb
