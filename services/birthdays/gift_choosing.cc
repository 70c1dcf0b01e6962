#include "services/birthdays/gift_choosing.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/ledger/ops.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/birthdays/birthday_postings.h"
#include "services/birthdays/gift_contract.h"

namespace gratis::birthdays {
namespace {

// Of one person; they have one a year.
constexpr int32_t kMaxGiftsOfOne = 500;

absl::Status NothingToChoose() {
  return FieldError(Reason::kGiftNotFound, "year",
                    "the member has no gift that is still to be chosen");
}

absl::Status NoSuchOption(const Offer& offer) {
  return FieldError(
      Reason::kFieldInvalid, "option",
      absl::StrCat("the options are ",
                   absl::StrJoin(offer.presents, ", ", [](std::string* out, const Present& one) {
                     absl::StrAppend(out, one.option);
                   })));
}

}  // namespace

ChooseGift::ChooseGift(const ledger::Program& program, ChoosingOrder order, base::IdSource& ids,
                       const ledger::VoucherCodes& codes, absl::Time now)
    : order_(std::move(order)),
      handing_(program, order_.member, ids, codes, now, /*by_voucher=*/true) {
  envelope.member = order_.member;
}

void ChooseGift::AddNeeds(ledger::Wants& wants) const { handing_.AddNeeds(wants); }

absl::StatusOr<MemberGift*> ChooseGift::Find() {
  const Gift* chosen = nullptr;
  for (MemberGift& gift : (*choices_)[order_.member]) {
    if (order_.year != 0 && gift.gift.year != order_.year) continue;
    if (order_.given_to && gift.member != *order_.given_to) continue;
    if (gift.gift.open) return &gift;
    if (gift.gift.chosen && order_.year != 0) chosen = &gift.gift;
  }
  if (chosen == nullptr) return NothingToChoose();
  return Error(Reason::kGiftChosen,
               absl::StrCat("this gift was chosen before: ", chosen->chosen->option),
               {{"option", chosen->chosen->option}});
}

std::string ChooseGift::Answer(const MemberGift& gift, const Present& present) const {
  v1::ChooseGiftResponse answer;
  answer.set_year(gift.gift.year);
  *answer.mutable_option() = OptionOf(present, envelope.program.currency_code);
  if (!envelope.validate_only) {
    answer.set_transaction_id(made_.chosen.transaction.ToString());
    if (!made_.chosen.voucher.IsNil()) answer.set_voucher_id(made_.chosen.voucher.ToString());
  }
  return answer.SerializeAsString();
}

absl::StatusOr<std::string> ChooseGift::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(books.Permit(envelope.member, ledger::Deed::kReceive));
  ASSIGN_OR_RETURN(MemberGift * gift, Find());
  const Offer& offer = gift->gift.offer;
  const bool by_default = order_.option.empty();
  const Present* const present = by_default ? &offer.standard() : offer.Find(order_.option);
  if (present == nullptr) return NoSuchOption(offer);
  made_ = {.gift = {gift->member, gift->gift.year},
           .chosen = {.option = present->option,
                      .transaction = handing_.transaction(),
                      .voucher = handing_.VoucherFor(*present),
                      .at = envelope.now,
                      .by_default = by_default}};
  RETURN_IF_ERROR(handing_.HandOver(
      books,
      {.kind = ledger::FactKind::kBirthdayGiftChosen,
       .transaction = handing_.transaction(),
       .member = envelope.member,
       .effective_at = envelope.now,
       .source = absl::StrCat("birthday ", gift->gift.year),
       .detail = absl::StrCat("{\"year\":", gift->gift.year,
                              ",\"option\":", base::JsonString(present->option),
                              ",\"gift\":", base::JsonString(NameOf(present->kind)),
                              ",\"by_default\":", by_default ? "true" : "false", "}")},
      *present, gift->gift.valid_days, BudgetId{}));
  std::string answer = Answer(*gift, *present);
  if (!envelope.validate_only) {
    gift->gift.open = false;
    gift->gift.chosen = made_.chosen;
  }
  return answer;
}

absl::Status ChooseGifts::LoadAll(pg::Tx& tx, absl::Span<ChooseGift* const> set) {
  const ledger::Program& program = set.front()->envelope.program;
  std::vector<MemberId> members;
  for (const ChooseGift* choosing : set) members.push_back(choosing->order_.member);
  ASSIGN_OR_RETURN(const auto duplicates, ledger::ReadDuplicates(tx, members));
  std::map<MemberId, MemberId> survivors;
  for (const auto& [survivor, duplicate] : duplicates) {
    survivors[duplicate] = survivor;
    members.push_back(duplicate);
  }
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  ASSIGN_OR_RETURN(
      std::vector<MemberGift> gifts,
      ListGifts(tx, program, members, {}, kMaxGiftsOfOne * static_cast<int32_t>(members.size())));
  const auto choices = std::make_shared<ChooseGift::ChoicesOfMembers>();
  for (MemberGift& gift : gifts) {
    if (!gift.gift.offer.is_choice()) continue;
    const auto survivor = survivors.find(gift.member);
    const MemberId& whose = survivor == survivors.end() ? gift.member : survivor->second;
    (*choices)[whose].push_back(std::move(gift));
  }
  for (ChooseGift* choosing : set) choosing->choices_ = choices;
  return absl::OkStatus();
}

absl::Status ChooseGifts::WriteAll(pg::Tx& tx, absl::Span<ChooseGift* const> set) {
  std::vector<const MadeChoice*> made;
  for (const ChooseGift* choosing : set) made.push_back(&choosing->made_);
  InsertChoices(tx, set.front()->envelope.program, made);
  return absl::OkStatus();
}

}  // namespace gratis::birthdays
