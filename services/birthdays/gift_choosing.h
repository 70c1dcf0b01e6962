#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "services/birthdays/birthday_store.h"
#include "services/birthdays/handing.h"

namespace gratis::birthdays {

// What is wanted of a choice.
struct ChoosingOrder {
  MemberId member;                   // who has it: the gift's, or who they became
  int32_t year = 0;                  // of the birthday; 0: the earliest that is open
  std::string option;                // one of them; empty: the default, for nobody chose
  std::optional<MemberId> given_to;  // that of this one alone; nothing: whoever is part of `member`
};

// One of several, picked. What was picked comes at once, and stays. Answers with
// ChooseGiftResponse.
class ChooseGift final : public ledger::Mutation {
 public:
  ChooseGift(const ledger::Program& program, ChoosingOrder order, base::IdSource& ids,
             const ledger::VoucherCodes& codes, absl::Time now);

  void AddNeeds(ledger::Wants& wants) const override;
  // Errors: MEMBER_NOT_FOUND, MEMBER_NOT_ACTIVE, MEMBER_ERASED, GIFT_NOT_FOUND, GIFT_CHOSEN
  // (metadata: option), FIELD_INVALID (option), CONFLICT.
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class ChooseGifts;
  using ChoicesOfMembers = std::map<MemberId, std::vector<MemberGift>>;

  // The gift that is meant. Errors: GIFT_NOT_FOUND, GIFT_CHOSEN.
  absl::StatusOr<MemberGift*> Find();
  std::string Answer(const MemberGift& gift, const Present& present) const;

  const ChoosingOrder order_;
  const Handing handing_;
  std::shared_ptr<ChoicesOfMembers> choices_;  // loaded; the set's own
  MadeChoice made_;                            // decided
};

class ChooseGifts final : public ledger::KindOf<ChooseGift> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<ChooseGift* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<ChooseGift* const> set) override;
};

}  // namespace gratis::birthdays
