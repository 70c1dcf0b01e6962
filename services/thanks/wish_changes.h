#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "services/thanks/wish_rules.h"

// What is done to wishes, and that something is there again. Nothing of it is in the journal: what
// follows from it is.
namespace gratis::thanks {

// Each sees those before it in its set that are done, and not only validated.
class WishChange : public ledger::Mutation {
 public:
  explicit WishChange(WishKey key);

 protected:
  // As it is by now; null for none.
  const Wish* Found() const;
  // What becomes of it.
  void Put(Wish wish);
  // Whether it is one of those that a member may have so many of: not one of long ago.
  bool Counts(const Wish* wish) const { return wish != nullptr && wish->noted_at > since_; }
  // Errors: WISH_LIMIT_REACHED, if it would be one more than a member may have.
  absl::Status CheckCount() const;
  // Errors: MEMBER_NOT_FOUND, MEMBER_ERASED.
  absl::Status CheckMember(ledger::Books& books) const;

  const WishKey key_;

 private:
  friend class WishChanges;

  // Loaded; the set's own.
  std::shared_ptr<std::map<WishKey, Wish>> known_;
  std::shared_ptr<std::map<MemberId, int64_t>> wished_;  // how many of whom count
  absl::Time since_;                                     // those noted later count
};

// Answers with NoteWishResponse.
class NoteWish final : public WishChange {
 public:
  explicit NoteWish(Wish wish);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  const Wish wish_;
};

// Answers with WithdrawWishResponse.
class WithdrawWish final : public WishChange {
 public:
  using WishChange::WishChange;
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
};

class WishChanges final : public ledger::KindOf<WishChange> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<WishChange* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<WishChange* const> set) override;
};

// Answers with RecordRestockResponse. Errors: EFFECTIVE_TIME_INVALID.
class RecordRestock final : public ledger::Mutation {
 public:
  // `restock` without its id, and without when it is recorded.
  RecordRestock(Restock restock, base::IdSource& ids, absl::Time now);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;
  const Restock& restock() const { return restock_; }

 private:
  friend class RecordRestocks;

  Restock restock_;
  int64_t waiting_ = 0;  // loaded
};

class RecordRestocks final : public ledger::KindOf<RecordRestock> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<RecordRestock* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<RecordRestock* const> set) override;
};

}  // namespace gratis::thanks
