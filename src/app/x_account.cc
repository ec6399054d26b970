#include "app/x_account.h"

namespace hb {

Result<XAccess> XAccountOf(const Config& config, const std::string& base_url) {
  XAccess access;
  std::string token;
  for (const ComponentConfig& source : config.sources) {
    if (!source.kind.starts_with("x_")) continue;
    const auto value = [&](std::string_view name) {
      const auto found = source.values.find(name);
      return found == source.values.end() ? std::string() : found->second;
    };
    token = value("token");
    if (!value("base_url").empty()) access.base_url = value("base_url");
    break;
  }
  if (!base_url.empty()) access.base_url = base_url;
  access.token = FindXToken(token);
  if (access.token.empty()) {
    return Error{Code::kInvalidArgument,
                 "X wants a token: put it into the environment as BEARER_TOKEN, or into a file "
                 ".env as BEARER_TOKEN=..."};
  }
  return access;
}

Error XFailure(const XClient::Answer& answer) {
  Error error = XErrorOf(answer);
  error.message = "X: " + error.message;
  if (const auto wait = answer.ending.retry_after; wait.count() > 0) {
    error.message += "; again in " + std::to_string(wait.count() / 1000) + " s";
  }
  return error;
}

}  // namespace hb
