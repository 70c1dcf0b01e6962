#include "services/ledger/audit_service.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/house/keyring/key_table.h"
#include "common/ledger/acts.h"
#include "common/ledger/loading.h"
#include "common/pg/tx.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/audit.grpc.pb.h"
#include "services/ledger/ledger_convert.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;

std::string CursorOf(const ledger::JournalRow& row) {
  return absl::StrCat(absl::ToUnixMicros(row.recorded_at), ":", row.partition, ":", row.seq);
}

absl::StatusOr<ledger::ActPlace> PlaceOf(const std::string& cursor) {
  ledger::ActPlace place;
  if (cursor.empty()) return place;
  const std::vector<std::string> parts = absl::StrSplit(cursor, ':');
  int64_t micros = 0;
  if (parts.size() == 3 && absl::SimpleAtoi(parts[0], &micros) &&
      absl::SimpleAtoi(parts[1], &place.partition) && absl::SimpleAtoi(parts[2], &place.seq)) {
    place.recorded_at = absl::FromUnixMicros(micros);
    return place;
  }
  return FieldError(Reason::kInvalidPageToken, "page_token", "this page token is damaged");
}

absl::StatusOr<ledger::ActFilter> FilterOf(const Call& call, const v1::ListActsRequest& request) {
  ledger::ActFilter filter;
  filter.of_the_house = !call.bound_to;
  filter.actor = request.actor();
  const auto acts = ledger::ActKinds();
  for (const int kind : request.kinds()) {
    const auto found = std::find_if(acts.begin(), acts.end(), [kind](ledger::FactKind act) {
      return static_cast<int>(act) == kind;
    });
    if (found == acts.end()) {
      return FieldError(Reason::kFieldInvalid, "kinds", absl::StrCat("kind ", kind, " is no act"));
    }
    filter.kinds.push_back(*found);
  }
  if (request.has_recorded_from()) {
    ASSIGN_OR_RETURN(filter.from, rpc::ParseTime(request.recorded_from(), "recorded_from"));
  }
  if (request.has_recorded_until()) {
    ASSIGN_OR_RETURN(filter.until, rpc::ParseTime(request.recorded_until(), "recorded_until"));
  }
  if (!request.member_id().empty()) {
    const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
    if (!member.ok()) return InField(member.status(), "member_id");
    filter.member = *member;
  }
  return filter;
}

// Those of the acts' actors that are keys, by how the journal names them.
using Keys = std::map<std::string, house::KeyRecord>;
absl::StatusOr<Keys> ReadActors(pg::Tx& tx, const std::vector<ledger::Act>& acts) {
  std::vector<KeyId> ids;
  for (const ledger::Act& act : acts) {
    const absl::StatusOr<KeyId> id = KeyId::Parse(act.row.actor);
    if (id.ok()) ids.push_back(*id);
  }
  ASSIGN_OR_RETURN(const std::vector<house::KeyRecord> found, house::FindKeys(tx, ids));
  Keys keys;
  for (const house::KeyRecord& key : found) keys.emplace(key.key_id.ToString(), key);
  return keys;
}

class AuditHandlers final : public v1::AuditService::CallbackService {
 public:
  AuditHandlers(rpc::Shell& shell, pg::Pool& pool) : shell_(shell), pool_(pool) {}

  grpc::ServerUnaryReactor* ListActs(grpc::CallbackServerContext* context,
                                     const v1::ListActsRequest* request,
                                     v1::ListActsResponse* response) override {
    return shell_.Read<v1::ListActsRequest, v1::ListActsResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return List(call, req, resp); },
        rpc::Scope::kProgramOrHouse);
  }

 private:
  absl::Status List(const Call& call, const v1::ListActsRequest& request,
                    v1::ListActsResponse& response);

  rpc::Shell& shell_;
  pg::Pool& pool_;
};

absl::Status AuditHandlers::List(const Call& call, const v1::ListActsRequest& request,
                                 v1::ListActsResponse& response) {
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  // A token of a key of all programs leads to what others do not see.
  const int32_t token_program = call.bound_to ? call.program.number : -call.program.number;
  ASSIGN_OR_RETURN(const std::string cursor, shell_.page_tokens().Open(request, token_program));
  ASSIGN_OR_RETURN(ledger::ActFilter filter, FilterOf(call, request));
  ASSIGN_OR_RETURN(filter.before, PlaceOf(cursor));
  std::vector<ledger::Act> acts;
  std::vector<ledger::Unit> units;
  Keys keys;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(units, ledger::ReadUnits(tx, call.program));
    ASSIGN_OR_RETURN(acts, ledger::ReadActs(tx, call.program, filter, size + 1));
    ASSIGN_OR_RETURN(keys, ReadActors(tx, acts));
    return absl::OkStatus();
  }));
  if (acts.size() > static_cast<size_t>(size)) {
    acts.resize(size);
    response.set_next_page_token(
        shell_.page_tokens().Make(request, token_program, CursorOf(acts.back().row)));
  }
  for (const ledger::Act& act : acts) {
    v1::Act& out = *response.add_acts();
    ToProto(act.row, units, *out.mutable_entry());
    out.set_before(act.before);
    out.set_network(act.network);
    if (const auto key = keys.find(act.row.actor); key != keys.end()) {
      out.set_actor_label(key->second.label);
      out.set_actor_role(static_cast<gratis::type::v1::Role>(key->second.role));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeAuditService(rpc::Shell& shell, pg::Pool& pool) {
  return std::make_unique<AuditHandlers>(shell, pool);
}

}  // namespace gratis::ledger_service
