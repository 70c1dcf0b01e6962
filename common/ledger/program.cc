#include "common/ledger/program.h"

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger {

Program ReadProgram(const pg::Row& row) {
  return {.number = row.Get<int32_t>(0),
          .code = row.Get<std::string>(1),
          .display_name = row.Get<std::string>(2),
          .currency_code = row.Get<std::string>(3),
          .time_zone = row.Get<std::string>(4),
          .first_partition = row.Get<int32_t>(5),
          .partitions = row.Get<int32_t>(6),
          .created_at = row.Get<absl::Time>(7)};
}

Program House() {
  return {.number = kHouseProgram,
          .code = "house",
          .display_name = "The house",
          .currency_code = "USD",
          .time_zone = "UTC",
          .first_partition = 0,
          .partitions = 1,
          .created_at = absl::FromUnixSeconds(946'684'800)};  // 2000-01-01
}

int32_t PartitionOf(const Program& program, const MemberId& member) {
  if (member.IsNil()) return program.first_partition;
  const base::Digest digest = base::Sha256(member.uuid.AsBytes());
  uint64_t head = 0;
  for (int i = 0; i < 8; ++i) head = (head << 8) | digest[i];
  return program.first_partition +
         static_cast<int32_t>(head % static_cast<uint64_t>(program.partitions));
}

std::vector<int32_t> PartitionsOf(const Program& program, absl::Span<const MemberId> members) {
  std::vector<int32_t> partitions;
  partitions.reserve(members.size());
  for (const MemberId& member : members) partitions.push_back(PartitionOf(program, member));
  return partitions;
}

Uuid InPartition(const Program& program, int32_t partition, Uuid id) {
  const auto place = static_cast<uint8_t>(partition - program.first_partition);
  id.bytes[7] = static_cast<uint8_t>((id.bytes[7] & 0xC0) | place);
  return id;
}

std::optional<int32_t> PartitionOfId(const Program& program, const Uuid& id) {
  const int32_t place = id.bytes[7] & 0x3F;
  if (place >= program.partitions) return std::nullopt;
  return program.first_partition + place;
}

absl::StatusOr<Program> ProgramDirectory::Find(std::string_view code, absl::Time deadline) {
  {
    const std::lock_guard lock(mutex_);
    const auto number = number_by_code_.find(code);
    if (number != number_by_code_.end()) return by_number_.at(number->second);
  }
  return Read(code, 0, deadline);
}

absl::StatusOr<Program> ProgramDirectory::Find(int32_t number, absl::Time deadline) {
  {
    const std::lock_guard lock(mutex_);
    const auto program = by_number_.find(number);
    if (program != by_number_.end()) return program->second;
  }
  return Read("", number, deadline);
}

absl::StatusOr<Program> ProgramDirectory::Read(std::string_view code, int32_t number,
                                               absl::Time deadline) {
  Program program;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindProgram, code, number));
    if (!rows.empty()) program = ReadProgram(rows[0]);
    return absl::OkStatus();
  }));
  if (program.number == 0) {
    return Error(Reason::kProgramNotFound,
                 absl::StrCat("there is no program \"", base::Abs(code), "\""));
  }
  const std::lock_guard lock(mutex_);
  number_by_code_[program.code] = program.number;
  return by_number_[program.number] = program;
}

absl::StatusOr<std::vector<Program>> ProgramDirectory::List(std::string_view after, int32_t limit,
                                                            absl::Time deadline) {
  std::vector<Program> programs;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     tx.Run(sql::kListPrograms, after, static_cast<int64_t>(limit)));
    programs.clear();
    for (const pg::Row row : rows) programs.push_back(ReadProgram(row));
    return absl::OkStatus();
  }));
  return programs;
}

absl::StatusOr<ProgramFrontier> ReadProgramFrontier(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadProgramFrontier));
  return ProgramFrontier{rows[0].Get<int32_t>(0), rows[0].Get<int32_t>(1)};
}

void InsertProgram(pg::Tx& tx, const Program& program) {
  tx.Send(sql::kInsertProgram, program.number, program.code, program.display_name,
          program.currency_code, program.time_zone, program.first_partition, program.partitions,
          program.created_at);
  tx.Send(sql::kInsertHeads, program.number, program.first_partition, program.partitions);
}

}  // namespace gratis::ledger
