#pragma once

#include <memory>

#include "common/app/module.h"

namespace gratis::birthdays {

// The service as a process carries it.
std::unique_ptr<app::Module> MakeBirthdaysModule();

}  // namespace gratis::birthdays
