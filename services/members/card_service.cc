#include "services/members/card_service.h"

#include <memory>
#include <type_traits>
#include <utility>

#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/card_contract.h"

namespace gratis::members {
template <class Req, class Resp>
grpc::ServerUnaryReactor* CardService::Change(grpc::CallbackServerContext* context,
                                              const Req* request, Resp* response) {
  return shell_.Mutate<Req, Resp>(
      context, request, response,
      [this](const rpc::Call& call, const Req& asked, rpc::Reply<Resp> reply) {
        Cards::ChangeOr change = Make(call, asked);
        // What names a member is told by them whether they were erased.
        if constexpr (requires(const Resp& answer) { answer.member_id(); }) {
          if (ReasonOf(change.status()) == Reason::kCardNotFound) {
            change = std::unique_ptr<CardChange>(
                std::make_unique<MissingCardChange<Resp>>(change.status()));
          }
        }
        if (!change.ok()) return reply.Finish(change.status());
        // A card that is another's shows who may be one with the member it was to be linked to.
        if constexpr (std::is_same_v<Req, v1::LinkCardRequest>) {
          const MemberId about = MemberId::Parse(asked.member_id()).value_or(MemberId());
          reply = proposing_.Watched(call, reply, asked.validate_only(), about);
        }
        rpc::Post(poster_, call, asked, changes_, *std::move(change), std::move(reply));
      });
}

Cards::ChangeOr CardService::Make(const rpc::Call& call,
                                  const v1::IssueCardsRequest& request) const {
  RETURN_IF_ERROR(CheckCount(request.count()));
  RETURN_IF_ERROR(CheckBatch(request.batch()));
  ASSIGN_OR_RETURN(const int16_t prefix, CompletePrefix(request.prefix()));
  return cards_.Issue(call.program, static_cast<size_t>(request.count()), prefix, request.batch(),
                      call.now);
}

Cards::ChangeOr CardService::Make(const rpc::Call& call, const v1::LinkCardRequest& request) const {
  ASSIGN_OR_RETURN(const MemberId member, ParseMember(request.member_id()));
  ASSIGN_OR_RETURN(const CardName card, ParseCard(request.card(), "card"));
  return cards_.Link(call.program, member, card, MomentOf(call));
}

Cards::ChangeOr CardService::Make(const rpc::Call& call,
                                  const v1::ReplaceCardRequest& request) const {
  ASSIGN_OR_RETURN(const CardReference old_card, ReferenceIn(request));
  ASSIGN_OR_RETURN(const CardName new_card, ParseCard(request.new_card(), "new_card"));
  return cards_.Replace(call.program, old_card, new_card, MomentOf(call));
}

Cards::ChangeOr CardService::Make(const rpc::Call& call,
                                  const v1::ReportCardLostRequest& request) const {
  ASSIGN_OR_RETURN(const CardReference card, ReferenceIn(request));
  return cards_.ReportLost(call.program, card, MomentOf(call));
}

absl::Status CardService::List(const rpc::Call& call, const v1::ListCardsRequest& request,
                               v1::ListCardsResponse& response) const {
  ASSIGN_OR_RETURN(const int32_t limit, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string cursor,
                   shell_.page_tokens().Open(request, call.program.number));
  CardId after;
  if (!cursor.empty()) {
    const absl::StatusOr<CardId> parsed = CardId::Parse(cursor);
    if (!parsed.ok()) {
      return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
    }
    after = *parsed;
  }
  CardPage page;
  if (request.of_case() == v1::ListCardsRequest::kBatch) {
    RETURN_IF_ERROR(CheckBatch(request.batch()));
    ASSIGN_OR_RETURN(
        page, cards_.ListOfBatch(call.program, request.batch(), after, limit, call.deadline));
  } else if (request.member_id().empty()) {
    return FieldError(Reason::kFieldMissing, "member_id", "whose cards, or which batch?");
  } else {
    ASSIGN_OR_RETURN(const MemberId member, ParseMember(request.member_id()));
    ASSIGN_OR_RETURN(page, cards_.ListOfMember(call.program, member, after, limit, call.deadline,
                                               call.as_named));
  }
  for (const Card& card : page.cards) ToContract(card, *response.add_cards());
  if (page.next) {
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, page.next->ToString()));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* CardService::IssueCards(grpc::CallbackServerContext* context,
                                                  const v1::IssueCardsRequest* request,
                                                  v1::IssueCardsResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* CardService::LinkCard(grpc::CallbackServerContext* context,
                                                const v1::LinkCardRequest* request,
                                                v1::LinkCardResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* CardService::ReplaceCard(grpc::CallbackServerContext* context,
                                                   const v1::ReplaceCardRequest* request,
                                                   v1::ReplaceCardResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* CardService::ReportCardLost(grpc::CallbackServerContext* context,
                                                      const v1::ReportCardLostRequest* request,
                                                      v1::ReportCardLostResponse* response) {
  return Change(context, request, response);
}

grpc::ServerUnaryReactor* CardService::ListCards(grpc::CallbackServerContext* context,
                                                 const v1::ListCardsRequest* request,
                                                 v1::ListCardsResponse* response) {
  return shell_.Read<v1::ListCardsRequest, v1::ListCardsResponse>(
      context, request, response, [this](const rpc::Call& call, const auto& asked, auto& answer) {
        return List(call, asked, answer);
      });
}

}  // namespace gratis::members
