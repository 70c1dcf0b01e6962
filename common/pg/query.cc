#include "common/pg/query.h"

#include <mutex>
#include <set>

#include "common/pg/queries_run.h"

namespace gratis::pg {
namespace {

// Process-wide, because "has any test run this query?" is a question about processes.
struct Names {
  std::mutex mutex;
  std::set<std::string, std::less<>> names;
};

Names& AllNames() {
  static Names& names = *new Names;
  return names;
}

}  // namespace

void NoteQueryRun(std::string_view name) {
  Names& all = AllNames();
  const std::lock_guard lock(all.mutex);
  if (all.names.find(name) == all.names.end()) all.names.emplace(name);
}

std::vector<std::string> QueriesRun() {
  Names& all = AllNames();
  const std::lock_guard lock(all.mutex);
  return {all.names.begin(), all.names.end()};
}

}  // namespace gratis::pg
