// app/x_account.h - the X account that commands ask by.
#pragma once

#include <string>

#include "app/config.h"
#include "base/result.h"
#include "source/x/x_client.h"

namespace hb {

/// Address and token: `base_url` if it is not "", else those of the first source of the
/// configuration whose kind begins with "x_", else X's own address; without a token there, that of
/// the environment or of a file .env. kInvalidArgument: there is no token.
Result<XAccess> XAccountOf(const Config& config, const std::string& base_url);

/// XErrorOf for who types: it names X, and says when to try again.
Error XFailure(const XClient::Answer& answer);

}  // namespace hb
