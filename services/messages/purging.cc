#include "services/messages/purging.h"

#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

constexpr int32_t kPage = 1000;

}  // namespace

absl::StatusOr<int64_t> PurgeInPages(
    pg::Pool& pool, absl::Time deadline, const std::stop_token& stop,
    const std::function<absl::StatusOr<int64_t>(pg::Tx& tx, int32_t limit)>& page) {
  int64_t purged = 0;
  while (true) {
    if (stop.stop_requested()) return Error(Reason::kDraining, "purging was cut short");
    int64_t gone = 0;
    RETURN_IF_ERROR(pg::RunTx(pool, {.deadline = deadline}, [&](pg::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(gone, page(tx, kPage));
      return absl::OkStatus();
    }));
    purged += gone;
    if (gone < kPage) return purged;
  }
}

}  // namespace gratis::messages
