#include "common/house/redone.h"

#include "common/house/house_sql.h"
#include "common/status/macros.h"

namespace gratis::house {
namespace {

constexpr std::string_view kErasures = "erasures";

}  // namespace

absl::StatusOr<ErasuresRedone> ReadErasuresRedone(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadRedone, kErasures));
  return ErasuresRedone{rows[0].Get<std::string>(0), rows[0].Get<bool>(1)};
}

void NoteErasuresRedone(pg::Tx& tx, std::string_view incarnation) {
  tx.Send(sql::kNoteRedone, kErasures, incarnation);
}

}  // namespace gratis::house
