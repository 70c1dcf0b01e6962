#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/base/money.h"
#include "common/ledger/fact.h"

// What the journal says of how members came and what they were given: values in, values out.
namespace gratis::members {

// The kinds of facts that it is made from.
const std::vector<ledger::FactKind>& BriefKinds();

struct PastPurchase {
  MemberId member;
  absl::CivilDay day;  // of the visit, in the program's zone
  int64_t seq = 0;     // in the member's partition
  absl::Time purchased_at;
  TransactionId transaction;
  std::string source;
  base::Money total;

  friend bool operator==(const PastPurchase&, const PastPurchase&) = default;
};

struct PastGift {
  absl::Time given_at;
  int64_t points = 0;
  TransactionId transaction;

  friend bool operator==(const PastGift&, const PastGift&) = default;
};

// A stretch of the journal.
struct PastStretch {
  std::vector<PastPurchase> purchases;
  std::map<MemberId, PastGift> gifts;  // the last of each
};
// Errors: BOOKS_DAMAGED (a purchase that does not say what it cost).
absl::StatusOr<PastStretch> StretchOf(absl::Span<const ledger::JournalRow> rows,
                                      const absl::TimeZone& zone);

// Days on which members bought.
using VisitDays = std::set<std::pair<MemberId, absl::CivilDay>>;
VisitDays VisitDaysOf(const PastStretch& stretch);

// A member's past, or what comes to it. A visit is a day with a purchase.
struct Past {
  int64_t visits = 0;
  int64_t purchases = 0;
  std::optional<absl::CivilDay> first_visit, last_visit;
  std::optional<PastGift> gift;  // the last birthday gift

  // Adds what came later in the journal.
  void Add(const Past& more);

  friend bool operator==(const Past&, const Past&) = default;
};
// What a stretch comes to for each member it is about; `known` are its days that were visits
// before.
std::map<MemberId, Past> Additions(const PastStretch& stretch, const VisitDays& known);

// Newest day first, then as they were journaled, the last first.
struct NewestFirst {
  bool operator()(const PastPurchase& a, const PastPurchase& b) const {
    return std::pair(a.day, a.seq) > std::pair(b.day, b.seq);
  }
};

// Of several members: what was bought last first, whoever bought it. Their places in the journal
// say nothing: each partition counts its own.
struct BoughtLast {
  bool operator()(const PastPurchase& a, const PastPurchase& b) const {
    return std::pair(a.purchased_at, a.transaction) > std::pair(b.purchased_at, b.transaction);
  }
};

}  // namespace gratis::members
