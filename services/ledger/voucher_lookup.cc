#include "services/ledger/voucher_lookup.h"

#include "absl/strings/str_cat.h"
#include "common/ledger/reads.h"
#include "services/ledger/vouchers.h"

namespace gratis::ledger_service {
namespace {

using Found = std::vector<absl::StatusOr<NamedVoucher>>;

absl::Status NoSuchCode() {
  return FieldError(Reason::kVoucherNotFound, "code", "the program has no voucher of this code");
}

absl::Status NoSuchVoucher(const VoucherId& voucher) {
  return FieldError(Reason::kVoucherNotFound, "voucher_id",
                    absl::StrCat("the program has no voucher ", voucher.ToString()));
}

}  // namespace

absl::StatusOr<std::map<std::string, VoucherId>> VoucherLookup::ReadCodes(
    pg::Tx& tx, const rpc::Call& call, absl::Span<const VoucherName> names) const {
  std::map<ledger::DirectoryKey, std::string> codes;
  for (const VoucherName& name : names) {
    if (!name.code.empty()) codes.emplace(codes_.NameOf(call.program.number, name.code), name.code);
  }
  std::map<std::string, VoucherId> vouchers;
  if (codes.empty()) return vouchers;
  std::vector<ledger::DirectoryKey> keys;
  for (const auto& [key, code] : codes) keys.push_back(key);
  ASSIGN_OR_RETURN(const auto entries, ledger::FindNames(tx, call.program, keys));
  for (const auto& [key, entry] : entries) vouchers.emplace(codes.at(key), VoucherId{entry.id});
  return vouchers;
}

absl::StatusOr<Found> VoucherLookup::Read(pg::Tx& tx, const rpc::Call& call,
                                          absl::Span<const VoucherName> names) const {
  ASSIGN_OR_RETURN(const auto vouchers, ReadCodes(tx, call, names));
  std::vector<absl::StatusOr<VoucherId>> ids;
  std::vector<VoucherId> known;
  for (const VoucherName& name : names) {
    const auto coded = vouchers.find(name.code);
    if (name.code.empty()) {
      ids.emplace_back(name.id);
    } else if (coded != vouchers.end()) {
      ids.emplace_back(coded->second);
    } else {
      ids.emplace_back(NoSuchCode());
    }
    if (ids.back().ok()) known.push_back(*ids.back());
  }
  ASSIGN_OR_RETURN(const auto holders, HoldersOf(tx, call.program, known, call.now));
  Found found;
  for (const absl::StatusOr<VoucherId>& id : ids) {
    if (!id.ok()) {
      found.emplace_back(id.status());
      continue;
    }
    const auto holder = holders.find(*id);
    if (holder == holders.end()) {
      found.emplace_back(NoSuchVoucher(*id));
      continue;
    }
    // One that came over with a merge is where its holder is by now.
    found.emplace_back(NamedVoucher{*id, shell_.SurvivorOf(holder->second)});
  }
  return found;
}

Found VoucherLookup::FindAll(const rpc::Call& call, absl::Span<const VoucherName> names) const {
  Found found;
  if (names.empty()) return found;
  const absl::Status read = pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(found, Read(tx, call, names));
    return absl::OkStatus();
  });
  if (!read.ok()) found.assign(names.size(), read);
  return found;
}

}  // namespace gratis::ledger_service
