#pragma once

#include <memory>

#include "common/app/module.h"

namespace gratis::members {

// The service as a process carries it.
std::unique_ptr<app::Module> MakeMembersModule();

}  // namespace gratis::members
