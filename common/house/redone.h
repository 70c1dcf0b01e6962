#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/pg/tx.h"

namespace gratis::house {

// Erasures are written down outside the database as well, and done again when it may be an old
// copy. Which database this is, PostgreSQL tells: its incarnation is another text after each start
// of PostgreSQL, be it on a data folder that was put back, and after each restoring of a dump.
struct ErasuresRedone {
  std::string incarnation;
  bool done = false;  // for this very incarnation
};
// For every service. Errors: those of the database.
absl::StatusOr<ErasuresRedone> ReadErasuresRedone(pg::Tx& tx);

// They were done again in what was this incarnation when that began. For the members' service only:
// PostgreSQL refuses it to others.
void NoteErasuresRedone(pg::Tx& tx, std::string_view incarnation);

}  // namespace gratis::house
