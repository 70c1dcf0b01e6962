#include "common/ledger/voucher_reads.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/ledger/fact.h"
#include "common/ledger/ledger_sql.h"
#include "common/status/macros.h"

namespace gratis::ledger {
namespace {

// The infinite past and future are the least and the greatest number.
int64_t ToMicros(absl::Time time) {
  if (time == absl::InfinitePast()) return std::numeric_limits<int64_t>::min();
  if (time == absl::InfiniteFuture()) return std::numeric_limits<int64_t>::max();
  return absl::ToUnixMicros(time);
}

absl::Time FromMicros(int64_t micros) {
  if (micros == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  if (micros == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  return absl::FromUnixMicros(micros);
}

}  // namespace

std::string VoucherPlace::ToString() const {
  return absl::StrCat(ToMicros(as_of), "/", over ? 1 : 0, "/", ToMicros(expires_at), "/", lot);
}

std::optional<VoucherPlace> VoucherPlace::Parse(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(base::Abs(text), '/');
  int64_t numbers[4];
  if (parts.size() != std::size(numbers)) return std::nullopt;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!absl::SimpleAtoi(parts[i], &numbers[i])) return std::nullopt;
  }
  return VoucherPlace{.as_of = FromMicros(numbers[0]),
                      .over = numbers[1] != 0,
                      .expires_at = FromMicros(numbers[2]),
                      .lot = numbers[3]};
}

absl::StatusOr<std::vector<ListedVoucher>> ListVouchers(pg::Tx& tx, const Program& program,
                                                        const MemberId& member,
                                                        const VoucherPlace& after, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListVouchers, PartitionOf(program, member), member, after.as_of,
                          after.over, after.expires_at, after.lot, static_cast<int64_t>(limit)));
  std::vector<ListedVoucher> vouchers;
  for (const pg::Row row : rows) {
    vouchers.push_back({.voucher = row.Get<VoucherId>(0),
                        .place = {.as_of = after.as_of,
                                  .over = row.Get<bool>(1),
                                  .expires_at = row.Get<absl::Time>(2),
                                  .lot = row.Get<int64_t>(3)}});
  }
  return vouchers;
}

absl::StatusOr<std::set<VoucherId>> VoidedOf(pg::Tx& tx, const Program& program,
                                             const MemberId& member,
                                             absl::Span<const Voucher> vouchers) {
  std::set<VoucherId> voided;
  if (vouchers.empty()) return voided;
  std::vector<VoucherId> ids;
  int64_t first = std::numeric_limits<int64_t>::max();
  for (const Voucher& voucher : vouchers) {
    ids.push_back(voucher.id);
    first = std::min(first, voucher.lot.seq);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kFindVoided, PartitionOf(program, member), member, first, ids,
                          static_cast<int16_t>(FactKind::kVoucherVoided)));
  for (const pg::Row row : rows) voided.insert(row.Get<VoucherId>(0));
  return voided;
}

}  // namespace gratis::ledger
