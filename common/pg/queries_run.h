#pragma once

#include <string_view>

namespace gratis::pg {

// Adds `name` to what QueriesRun answers. Thread-safe.
void NoteQueryRun(std::string_view name);

}  // namespace gratis::pg
