#pragma once

#include <string_view>
#include <vector>

#include "common/app/module.h"

namespace gratis::app {

// What a process ends with.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // it said why on standard error
inline constexpr int kExitConfig = 2;  // a setting is wrong; nothing was begun

// What every binary of the engine is: reads its settings, opens its home, its database and its
// keys, starts the modules, serves them until SIGTERM or SIGINT, answers what was accepted and
// ends. A second signal ends it at once. Returns the exit code.
//
//   gratisd                 serve
//   gratisd migrate         bring the database up to date and end
//   gratisd config check    print the settings in effect, and where each came from
//
// `program` is the binary's name. The process that is "gratisd" stops the embedded PostgreSQL when
// it ends; others leave it running.
int Main(std::string_view program, int argc, const char* const* argv,
         std::vector<ModuleFactory> modules);

}  // namespace gratis::app
