// `heartbeat forget`: removes posts and authors everywhere.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/control.h"
#include "app/json_util.h"
#include "base/json.h"

namespace hb {

namespace {

struct ForgetOptions {
  std::vector<std::string> posts, authors;
  std::string network;
};

std::string Texts(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + JsonQuote(text);
  return out + "]";
}

Status Forget(const ForgetOptions& options, const CommandContext& context) {
  if (options.posts.empty() && options.authors.empty()) {
    return Error{Code::kInvalidArgument, "say what to forget: --post ID or --author ID"};
  }
  const std::string body = "{\"posts\":" + Texts(options.posts) +
                           ",\"authors\":" + Texts(options.authors) +
                           ",\"network\":" + JsonQuote(options.network) + "}";
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_ASSIGN(const HttpResponse answer, control->Call("POST", "/api/v1/forget", body));
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.body, parser));
  const std::string matched = Member(document, "matched");
  if (matched == "0") {
    std::puts(
        "no stored post is one of these (ids are compared as they are written); what comes of them later is dropped");
    return Ok();
  }
  std::printf(
      "%s stored posts forgotten; they do not come back, and their bytes leave the disk within 24 hours\n",
      matched.c_str());
  return Ok();
}

}  // namespace

void AddForgetCommand(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<ForgetOptions>();
  auto* command =
      app.add_subcommand("forget", "remove posts or authors everywhere: log, windows and store");
  command->add_option("--post", options->posts,
                      "native id of a post; its reposts and versions go too");
  command->add_option("--author", options->authors, "native id of an author: every post until now");
  command->add_option(
      "--network", options->network,
      "only of this network (x, bluesky, mastodon, demo); replayed posts are of any");
  command->callback([options, &context] {
    if (const Status done = Forget(*options, context); !done.ok())
      context.exit_code = Fail(done.error());
  });
}

}  // namespace hb
