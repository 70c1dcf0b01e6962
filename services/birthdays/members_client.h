#pragma once

#include <functional>
#include <memory>

#include "services/birthdays/celebrants.h"

namespace grpc {
class Channel;
}

namespace gratis::birthdays {

// Celebrants, as the members service knows them: its calls ListBirthdays, BatchGetMemberTiers,
// GetTierPolicy, GetMember, GetPreferences and GetConsents.
class MembersClient final : public Celebrants {
 public:
  // `channel` is asked for with each call and is cheap. `page_size`: members in a page.
  explicit MembersClient(std::function<std::shared_ptr<grpc::Channel>()> channel,
                         int32_t page_size = 2000)
      : channel_(std::move(channel)), page_size_(page_size) {}

  absl::StatusOr<Page> List(const ledger::Program& program, const DaySpan& days,
                            std::string_view page_token, absl::Time deadline) override;
  absl::StatusOr<std::map<MemberId, std::string>> TiersOf(const ledger::Program& program,
                                                          absl::Span<const MemberId> members,
                                                          absl::Time deadline) override;
  absl::StatusOr<std::set<std::string>> Tiers(const ledger::Program& program,
                                              absl::Time deadline) override;
  absl::StatusOr<Celebrant> Find(const ledger::Program& program, const MemberId& member,
                                 absl::Time deadline) override;

 private:
  absl::StatusOr<bool> WantsNone(const ledger::Program& program, const MemberId& member,
                                 absl::Time deadline);
  absl::StatusOr<bool> IsGuarded(const ledger::Program& program, const MemberId& member,
                                 absl::Time deadline);

  const std::function<std::shared_ptr<grpc::Channel>()> channel_;
  const int32_t page_size_;
};

}  // namespace gratis::birthdays
