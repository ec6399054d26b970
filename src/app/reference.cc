#include "app/reference.h"

#include <array>

#include "app/catalogue.h"
#include "app/config.h"

namespace hb {

namespace {

constexpr std::array<std::string_view, 4> kPages{"settings", "sources", "logs", "stores"};

/// Text of a table's cell.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string AsCode(std::string_view text) { return text.empty() ? "" : "`" + Cell(text) + "`"; }

std::string Head(std::string_view page, std::string_view title, std::string_view intro) {
  std::string out = "<!-- Made by `heartbeat config --reference ";
  out.append(page)
      .append("`; do not edit. -->\n# ")
      .append(title)
      .append("\n\n")
      .append(intro)
      .append("\n");
  return out;
}

/// `length`, `size` and so on as people read them.
std::string_view TypeText(std::string_view type) {
  if (type == "duration_ms") return "duration";
  if (type == "bytes") return "size";
  if (type == "int") return "whole number";
  if (type == "float") return "number";
  if (type == "bool") return "true or false";
  if (type == "list") return "list";
  return "text";
}

void AppendRow(std::string_view name, std::string_view type, std::string_view fallback,
               std::string_view help, std::string& out) {
  out.append("| ").append(AsCode(name)).append(" | ").append(type).append(" | ");
  out.append(fallback == "!" ? "must be given" : AsCode(fallback))
      .append(" | ")
      .append(Cell(help))
      .append(" |\n");
}

template <typename Interface>
void AppendEntries(std::span<const Entry<Interface, Env>* const> entries, std::string& out) {
  for (const auto* entry : entries) {
    out.append("\n## ").append(entry->name).append("\n\n").append(entry->summary).append("\n\n");
    if (entry->fields.empty()) {
      out += "It has no settings.\n";
      continue;
    }
    out += "| setting | type | default | what it does |\n|---|---|---|---|\n";
    for (const Field& field : entry->fields) {
      std::string help(field.help);
      if (field.secret) help += " Secret: never logged or shown; take it from the environment.";
      AppendRow(field.name, TypeText(field.type), field.fallback, help, out);
    }
  }
}

constexpr std::string_view kTypes =
    "Durations are written `250ms`, `90s`, `15m`, `24h` or `7d` (a bare number is milliseconds), "
    "sizes `4096`, "
    "`64KiB`, `10MB` or `1GiB`.";

template <typename Interface>
std::string ComponentPage(std::string_view page, std::string_view title, std::string_view intro,
                          std::span<const Entry<Interface, Env>* const> entries) {
  std::string out = Head(page, title, intro);
  out.append(kTypes).append("\n");
  AppendEntries(entries, out);
  return out;
}

std::string SettingsPage() {
  std::string out = Head("settings", "Settings",
                         "What `heartbeat.toml` may say outside `[[source]]`, `[[store]]` and "
                         "`[[task]]`. `serve.listen` is "
                         "the key `listen` in the section\n`[serve]`, and `HEARTBEAT_SERVE_LISTEN` "
                         "in the environment. A "
                         "`[[task]]` has a `tag` and a `rule` ([rules.md](../rules.md)).");
  out.append(kTypes).append("\n\n| setting | default | what it does |\n|---|---|---|\n");
  for (const ConfigKey& key : ConfigKeys()) {
    out.append("| ")
        .append(AsCode(key.name))
        .append(" | ")
        .append(AsCode(key.fallback))
        .append(" | ");
    out.append(Cell(key.help))
        .append(key.secret ? " Secret: never logged or shown; take it from the environment." : "");
    out.append(" |\n");
  }
  return out;
}

}  // namespace

std::span<const std::string_view> ReferencePages() { return kPages; }

Result<std::string> ReferencePage(std::string_view page) {
  if (page == "settings") return SettingsPage();
  if (page == "sources") {
    return ComponentPage(
        page, "Sources",
        "Where posts come from. Each is a `[[source]]` with its `kind` and the settings "
        "below; any number may "
        "run at once.",
        SourceEntries());
  }
  if (page == "logs") {
    return ComponentPage(
        page, "Logs",
        "Where posts and results wait between the stages. There is one: `[log]` has its "
        "`kind` and the settings "
        "below, beside those of\n[settings.md](settings.md).",
        LogEntries());
  }
  if (page == "stores") {
    return ComponentPage(
        page, "Stores",
        "Where results are kept and asked for. `[[store]]` has its `kind`, how long rows "
        "are kept as "
        "`retention` (`90d`, counted from arrival)\nand the settings below.",
        StoreEntries());
  }
  std::string message = "there is no page '" + std::string(page) + "'; there are:";
  for (const std::string_view name : kPages) message.append(" ").append(name);
  return Error{Code::kInvalidArgument, std::move(message)};
}

}  // namespace hb
