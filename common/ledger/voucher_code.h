#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/vault/vault.h"

namespace gratis::ledger {

// The character that makes `digits` (of Crockford's base 32, upper case) a code: Damm's algorithm
// of order 32, in the quasigroup x * y = 2(x + y) over GF(2^5) with x^5 + x^2 + 1 (H. Michael Damm,
// "Total anti-symmetrische Quasigruppen", Marburg 2004). It is never right after one character was
// changed, nor after two neighbors changed places, itself included.
char CheckCharacter(std::string_view digits);

// A code as people wrote it, made plain: 13 characters of Crockford's base 32, upper case, without
// dashes and spaces, O read as 0, I and L as 1. Errors: FIELD_INVALID (code), when it is none or
// its check character is wrong.
absl::StatusOr<std::string> ParseVoucherCode(std::string_view text);

// "7K2MQ0ZV8D3R5" as "7K2M-Q0ZV-8D3R-5".
std::string GroupVoucherCode(std::string_view plain);

// Codes follow from the vouchers' ids under a key that is not in the database, so they are nowhere
// stored: HMAC-SHA-256 of the program's number (4 bytes, big endian) and the id, its first 60 bits
// as 12 characters, and their check character. Thread-safe.
class VoucherCodes {
 public:
  // `vault` outlives this.
  explicit VoucherCodes(const vault::Vault& vault)
      : vault_(vault), secret_(vault.Derive("voucher-code")) {}

  // Plain.
  std::string CodeOf(int32_t program, const VoucherId& voucher) const;
  // A plain code as the directory keeps it.
  DirectoryKey NameOf(int32_t program, std::string_view plain) const;
  // The code of a voucher as the directory keeps it: whoever issues one claims it.
  DirectoryKey NameOf(int32_t program, const VoucherId& voucher) const {
    return NameOf(program, CodeOf(program, voucher));
  }

 private:
  const vault::Vault& vault_;
  const std::string secret_;
};

}  // namespace gratis::ledger
