#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gratis::pg {

// One SQL statement under the name it is known by: "members/find_by_email". The build makes one
// from each sql/*.sql file of a library. Name (at most 63 bytes) and text live as long as the
// program; a connection prepares a query when it first runs it and keeps it by its name.
struct Query {
  std::string_view name;
  std::string_view text;
};

// The names of all queries that this process has run so far, sorted. Thread-safe. It exists so that
// the tests can prove that every query is run by one of them.
std::vector<std::string> QueriesRun();

}  // namespace gratis::pg
