#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/ledger/mutation.h"
#include "services/thanks/complaint_rules.h"

// What is done to complaints: one is opened, one is settled.
namespace gratis::thanks {

class OpenComplaint final : public ledger::Mutation {
 public:
  // `complaint` without its id. Answers with OpenComplaintResponse.
  OpenComplaint(Complaint complaint, const ledger::Program& program, base::IdSource& ids,
                absl::Time now);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class OpenComplaints;

  Complaint complaint_;
  TransactionId transaction_;
};

class OpenComplaints final : public ledger::KindOf<OpenComplaint> {
 public:
  absl::Status WriteAll(pg::Tx& tx, absl::Span<OpenComplaint* const> set) override;
};

class ResolveComplaint final : public ledger::Mutation {
 public:
  // `partition`: that the id names. Answers with ResolveComplaintResponse.
  ResolveComplaint(const ComplaintId& complaint, ComplaintOutcome outcome, int32_t partition,
                   const ledger::Program& program, base::IdSource& ids, absl::Time now);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class ResolveComplaints;

  const ComplaintId id_;
  const ComplaintOutcome outcome_;
  TransactionId transaction_;
  std::shared_ptr<std::map<ComplaintId, Complaint>> known_;  // loaded; the set's own
  Complaint complaint_;                                      // decided
};

class ResolveComplaints final : public ledger::KindOf<ResolveComplaint> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<ResolveComplaint* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<ResolveComplaint* const> set) override;
};

}  // namespace gratis::thanks
