#include "services/thanks/surprise_service.h"

#include <stop_token>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/surprise_contract.h"
#include "services/thanks/surprise_store.h"

namespace gratis::thanks {

// Those who take part are gathered before the posting and outside of it, since there may be
// millions of them; what was gathered for nothing is forgotten at once, or swept later.
void SurpriseService::Draw(const rpc::Call& call, const v1::DrawSurpriseRequest& request,
                           const rpc::Reply<v1::DrawSurpriseResponse>& reply) {
  absl::StatusOr<SurpriseOrder> order = ParseSurprise(request, call.program.currency_code);
  if (!order.ok()) return reply.Finish(order.status());
  const bool write = !request.validate_only();
  absl::StatusOr<Gathered> gathered = Gather(pool_, ids_,
                                             {.program = call.program,
                                              .order = *order,
                                              .now = call.now,
                                              .deadline = call.deadline,
                                              .write = write});
  if (!gathered.ok()) return reply.Finish(gathered.status());
  const Uuid draw = gathered->draw;
  auto mutation = std::make_unique<thanks::DrawSurprise>(*std::move(order), *std::move(gathered),
                                                         ids_, call.now);
  if (absl::Status filled =
          rpc::FillEnvelope(call, request, reply.fingerprints(), mutation->envelope);
      !filled.ok()) {
    return reply.Finish(std::move(filled));
  }
  const ledger::Outcome outcome = poster_.Post(draw_surprises_, std::move(mutation));
  const bool drawn = outcome.answer.ok() && !outcome.replayed;
  if (write && !drawn) Forget(pool_, call.program, draw, call.deadline).IgnoreError();
  // Whatever is not given now, the job gives.
  if (write && drawn) {
    gifts_.Run(call.program, call.now, call.deadline, std::stop_token()).IgnoreError();
  }
  if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
  absl::Status parsed = rpc::ParseAnswer(*outcome.answer, reply.response());
  if (parsed.ok() && outcome.replayed) return reply.FinishReplayed();
  reply.Finish(std::move(parsed));
}

grpc::ServerUnaryReactor* SurpriseService::DrawSurprise(grpc::CallbackServerContext* context,
                                                        const v1::DrawSurpriseRequest* request,
                                                        v1::DrawSurpriseResponse* response) {
  return shell_.Mutate(
      context, request, response,
      [this](const rpc::Call& call, const v1::DrawSurpriseRequest& asked,
             const rpc::Reply<v1::DrawSurpriseResponse>& reply) { Draw(call, asked, reply); });
}

absl::StatusOr<Surprise> SurpriseService::Find(const rpc::Call& call,
                                               const std::string& code) const {
  std::vector<Surprise> found;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(found, FindSurprises(tx, call.program, {code}));
    return absl::OkStatus();
  }));
  if (!found.empty()) return std::move(found.front());
  return FieldError(Reason::kSurpriseNotFound, "code",
                    absl::StrCat("no surprise ", code, " was drawn"));
}

absl::Status SurpriseService::Get(const rpc::Call& call, const v1::GetSurpriseRequest& request,
                                  v1::GetSurpriseResponse& response) const {
  ASSIGN_OR_RETURN(const Surprise surprise, Find(call, request.code()));
  EntrantCounts counts;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(counts, CountEntrants(tx, call.program, surprise.draw));
    return absl::OkStatus();
  }));
  *response.mutable_surprise() = ToContract(surprise, counts, call.program.currency_code);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* SurpriseService::GetSurprise(grpc::CallbackServerContext* context,
                                                       const v1::GetSurpriseRequest* request,
                                                       v1::GetSurpriseResponse* response) {
  return shell_.Read(context, request, response,
                     [this](const rpc::Call& call, const v1::GetSurpriseRequest& asked,
                            v1::GetSurpriseResponse& answer) { return Get(call, asked, answer); });
}

absl::Status SurpriseService::List(const rpc::Call& call, const v1::ListSurprisesRequest& request,
                                   v1::ListSurprisesResponse& response) const {
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  Uuid before = Uuid::Last();
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(const TransactionId place, TransactionId::Parse(cursor));
    before = place.uuid;
  }
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    response.Clear();
    // One more than fits tells whether there is a next page.
    ASSIGN_OR_RETURN(std::vector<Surprise> surprises,
                     thanks::ListSurprises(tx, call.program, before, limit + 1));
    if (std::ssize(surprises) > limit) {
      surprises.pop_back();
      response.set_next_page_token(shell_.page_tokens().Make(
          request, call.program.number, TransactionId{surprises.back().draw}.ToString()));
    }
    for (const Surprise& surprise : surprises) {
      ASSIGN_OR_RETURN(const EntrantCounts counts, CountEntrants(tx, call.program, surprise.draw));
      *response.add_surprises() = ToContract(surprise, counts, call.program.currency_code);
    }
    return absl::OkStatus();
  }));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* SurpriseService::ListSurprises(grpc::CallbackServerContext* context,
                                                         const v1::ListSurprisesRequest* request,
                                                         v1::ListSurprisesResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListSurprisesRequest& asked,
             v1::ListSurprisesResponse& answer) { return List(call, asked, answer); });
}

// Partition after partition, each by id: the program's order of members.
absl::Status SurpriseService::List(const rpc::Call& call,
                                   const v1::ListSurpriseEntrantsRequest& request,
                                   v1::ListSurpriseEntrantsResponse& response) const {
  ASSIGN_OR_RETURN(const Surprise surprise, Find(call, request.code()));
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  MemberId after;
  int32_t partition = call.program.first_partition;
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(after, MemberId::Parse(cursor));
    partition = ledger::PartitionOf(call.program, after);
  }
  std::vector<Entrant> entrants;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    entrants.clear();
    MemberId behind = after;
    for (int32_t p = partition; p <= call.program.last_partition(); ++p) {
      const auto wanted = limit + 1 - static_cast<int32_t>(entrants.size());
      if (wanted == 0) break;
      ASSIGN_OR_RETURN(const std::vector<Entrant> some,
                       ListEntrants(tx, p, surprise.draw, behind, request.winners_only(), wanted));
      entrants.insert(entrants.end(), some.begin(), some.end());
      behind = {};
    }
    return absl::OkStatus();
  }));
  // One more than fits tells whether there is a next page.
  if (std::ssize(entrants) > limit) {
    entrants.pop_back();
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, entrants.back().member.ToString()));
  }
  for (const Entrant& entrant : entrants) *response.add_entrants() = ToContract(entrant);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* SurpriseService::ListSurpriseEntrants(
    grpc::CallbackServerContext* context, const v1::ListSurpriseEntrantsRequest* request,
    v1::ListSurpriseEntrantsResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListSurpriseEntrantsRequest& asked,
             v1::ListSurpriseEntrantsResponse& answer) { return List(call, asked, answer); });
}

absl::Status SurpriseService::List(const rpc::Call& call,
                                   const v1::ListMemberSurprisesRequest& request,
                                   v1::ListMemberSurprisesResponse& response) const {
  if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "whose surprises?");
  }
  const absl::StatusOr<MemberId> member = MemberId::Parse(request.member_id());
  if (!member.ok()) return InField(member.status(), "member_id");
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  Uuid before = Uuid::Last();
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(const TransactionId place, TransactionId::Parse(cursor));
    before = place.uuid;
  }
  std::vector<TookPart> draws;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(ledger::RequireMember(tx, call.program, *member));
    // One more than fits tells whether there is a next page.
    ASSIGN_OR_RETURN(draws,
                     thanks::ListMemberSurprises(tx, call.program, *member, before, limit + 1));
    return absl::OkStatus();
  }));
  if (std::ssize(draws) > limit) {
    draws.pop_back();
    response.set_next_page_token(shell_.page_tokens().Make(
        request, call.program.number, TransactionId{draws.back().draw}.ToString()));
  }
  for (const TookPart& draw : draws) *response.add_surprises() = ToContract(draw);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* SurpriseService::ListMemberSurprises(
    grpc::CallbackServerContext* context, const v1::ListMemberSurprisesRequest* request,
    v1::ListMemberSurprisesResponse* response) {
  return shell_.Read(
      context, request, response,
      [this](const rpc::Call& call, const v1::ListMemberSurprisesRequest& asked,
             v1::ListMemberSurprisesResponse& answer) { return List(call, asked, answer); });
}

}  // namespace gratis::thanks
