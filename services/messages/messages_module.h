#pragma once

#include <memory>

#include "common/app/module.h"

namespace gratis::messages {

// The service as a process carries it.
std::unique_ptr<app::Module> MakeMessagesModule();

}  // namespace gratis::messages
