#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/state.h"
#include "services/messages/message_rules.h"

// What the journal gives cause to say, and to whom. Values in, values out.
namespace gratis::messages {

// What a fact says about what it gives cause to say: its `detail`, one JSON object. Whatever is
// missing or of another type is empty.
struct Particulars {
  std::string template_code;
  std::vector<ChannelKind>
      channels;      // "channels"; for want of it e-mail, and a task if one is wanted
  std::string task;  // its kind, which is the code of its template
  std::string sender;
  std::string store;
  std::string purchase;  // "pur_…"
  std::string trigger;
  std::string complaint;
  std::string item;
  std::string choice;     // a gift's options, "mug, tote"; empty where there is nothing to choose
  std::string restocked;  // what is there again, as people call it
  VoucherId voucher;      // nil: none
  bool feedback = false;  // it asks how it was, or for a review
  bool story = false;  // the brand's; or it is marketing, and neither a gift nor a voucher is why
  bool offer = false;  // it gives, asks or tells more than a bare thank-you
  bool by_profile = false;  // whom it is for was picked by what they bought and did
  bool whole = false;       // of a return: nothing of the purchase was kept
  absl::Time occurred_at = absl::InfinitePast();
  absl::Duration max_age = absl::ZeroDuration();
};
Particulars ReadParticulars(std::string_view detail);

// What a fact would say that is not posted, as a preview of a trigger tells it: its detail, and
// what it would give.
struct Figures {
  struct Voucher {
    ledger::VoucherTerms terms;
    int64_t worth = 0;
    int32_t valid_days = 0;  // 0: no end
  };
  Particulars particulars;
  int64_t points = 0;
  std::optional<Voucher> voucher;  // that would be issued
};
// Errors: FIELD_INVALID (figures): no JSON object, or it names a voucher that is there or what
// nothing can be worth.
absl::StatusOr<Figures> ReadFigures(std::string_view text);

Occasion OccasionOf(ledger::FactKind kind);

// The points that a fact gives; 0 when it gives none.
int64_t GivenPoints(const ledger::Fact& fact);

// Something to say to a member.
struct Intent {
  MemberId member;
  ChannelKind channel = ChannelKind::kEmail;
  Occasion occasion = Occasion::kThanks;
  std::string template_code;
  TransactionId transaction;
  std::string purchase;
  std::string trigger;
  std::string store;
  absl::Time occurred_at;
  absl::Duration max_age = absl::ZeroDuration();
  std::string detail;  // of the fact
  int64_t points = 0;
  VoucherId voucher;  // nil: none
};

// What a fact changes for what is said to a member.
struct Say {
  std::vector<Intent> intents;
};
// What is about this purchase, and by this trigger (empty: any), is not said any more.
struct Unsay {
  MemberId member;
  std::string purchase;
  std::string trigger;
};
struct ComplaintBegins {
  MemberId member;
  std::string complaint;
};
struct ComplaintEnds {
  MemberId member;
  std::string complaint;
};
// They were one with somebody, and are no more.
struct Parted {
  MemberId member;
};
// Nothing that was said to them is kept.
struct Forget {
  MemberId member;
};
// How they stand with the program is another, or what they consent to: what was decided for them
// does not hold. Of them and whoever is a part of them:
struct StandsOtherwise {
  MemberId member;
  bool silent = false;     // they are not to hear anything: nobody does a task for them
  bool objection = false;  // to marketing: nor one that is
  // What they did with what was said to them is not kept, and of what waits in line, or for staff
  // to do, nothing is done for which they were picked by what they bought and did.
  bool no_profiling = false;
};
// They became part of somebody. What was decided for either was decided for them alone.
struct BecamePart {
  MemberId member;
};
using IntentChange = std::variant<std::monostate, Say, Unsay, ComplaintBegins, ComplaintEnds,
                                  Parted, Forget, StandsOtherwise, BecamePart>;

IntentChange ChangeBy(const ledger::JournalRow& row);

// What a member says by now, of all rows of theirs in which consents were recorded, in the
// journal's order: of each purpose and channel what was decided last holds.
StandsOtherwise InForceBy(const MemberId& member, absl::Span<const ledger::JournalRow> recorded);

// The kinds of facts that change anything.
const std::vector<ledger::FactKind>& IntentKinds();

}  // namespace gratis::messages
