// app/catalogue.h - the components this program was built with.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "component/component.h"
#include "env/env.h"
#include "log/log.h"
#include "source/source.h"
#include "store/store.h"

namespace hb {

std::span<const Entry<Source, Env>* const> SourceEntries();
std::span<const Entry<Log, Env>* const> LogEntries();
std::span<const Entry<Store, Env>* const> StoreEntries();

/// The entry of that name; kInvalidArgument names those there are, and the nearest first.
Result<const Entry<Source, Env>*> FindSource(std::string_view kind);
Result<const Entry<Log, Env>*> FindLog(std::string_view kind);
Result<const Entry<Store, Env>*> FindStore(std::string_view kind);

/// Builds the component of `entry` from text values. kInvalidArgument names the entry and the
/// field.
template <typename Interface>
Result<std::unique_ptr<Interface>> MakeComponent(const Entry<Interface, Env>& entry,
                                                 const Settings::Values& values, Env& env) {
  auto settings = Settings::Parse(entry.fields, values);
  if (!settings.ok()) {
    return Error{settings.error().code, std::string(entry.name) + ": " + settings.error().message};
  }
  return entry.make(settings.value(), env);
}

}  // namespace hb
