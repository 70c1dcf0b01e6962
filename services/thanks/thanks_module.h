#pragma once

#include <memory>

#include "common/app/module.h"

namespace gratis::thanks {

// The service as a process carries it.
std::unique_ptr<app::Module> MakeThanksModule();

}  // namespace gratis::thanks
