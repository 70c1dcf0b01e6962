#include "common/ledger/voucher_code.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::ledger {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kDataLength = 12;
constexpr size_t kCodeLength = kDataLength + 1;
constexpr size_t kGroup = 4;
constexpr size_t kMaxWritten = 64;  // of a code as people write it

// 2x in GF(2^5), reduced by x^5 + x^2 + 1.
constexpr uint32_t Twice(uint32_t x) { return (x & 16) == 0 ? x << 1 : (x << 1) ^ 0b100101; }

absl::Status NoCode(std::string_view why) { return FieldError(Reason::kFieldInvalid, "code", why); }

}  // namespace

char CheckCharacter(std::string_view digits) {
  uint32_t check = 0;
  for (const char c : digits) check = Twice(check ^ static_cast<uint32_t>(kDigits.find(c)));
  // The one digit that takes the algorithm to 0.
  return kDigits[check];
}

absl::StatusOr<std::string> ParseVoucherCode(std::string_view text) {
  if (text.size() > kMaxWritten) return NoCode("this is too long for a voucher's code");
  std::string plain;
  for (const char written : text) {
    if (written == '-' || absl::ascii_isspace(static_cast<unsigned char>(written))) continue;
    char c = absl::ascii_toupper(static_cast<unsigned char>(written));
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    if (kDigits.find(c) == std::string_view::npos) {
      return NoCode("a voucher's code has digits and letters, and no U");
    }
    plain.push_back(c);
  }
  if (plain.size() != kCodeLength) {
    return NoCode(
        absl::StrCat("a voucher's code has ", kCodeLength, " characters, not ", plain.size()));
  }
  if (CheckCharacter(std::string_view(plain).substr(0, kDataLength)) != plain.back()) {
    return NoCode("a character of this code was mistaken for another; read it again");
  }
  return plain;
}

std::string GroupVoucherCode(std::string_view plain) {
  std::string grouped;
  for (size_t i = 0; i < plain.size(); ++i) {
    if (i > 0 && i % kGroup == 0) grouped.push_back('-');
    grouped.push_back(plain[i]);
  }
  return grouped;
}

std::string VoucherCodes::CodeOf(int32_t program, const VoucherId& voucher) const {
  std::string input;
  for (const int shift : {24, 16, 8, 0}) input.push_back(static_cast<char>(program >> shift));
  absl::StrAppend(&input, base::Abs(voucher.uuid.AsBytes()));
  const base::Digest digest = base::HmacSha256(secret_, input);
  uint64_t bits = 0;
  for (size_t i = 0; i < sizeof(bits); ++i) bits = bits << 8 | digest[i];
  std::string plain;
  for (size_t i = 0; i < kDataLength; ++i) plain.push_back(kDigits[bits >> (59 - 5 * i) & 31]);
  plain.push_back(CheckCharacter(plain));
  return plain;
}

DirectoryKey VoucherCodes::NameOf(int32_t program, std::string_view plain) const {
  return {DirectoryKind::kVoucherCode, vault_.LookupKey(program, "voucher-code", plain)};
}

}  // namespace gratis::ledger
