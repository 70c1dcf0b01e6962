#include "services/members/card_number.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/spelling.h"

namespace gratis::members {
namespace {

constexpr size_t kMaxWrittenBytes = 256;
constexpr size_t kMaxIssuerBytes = 40;
constexpr size_t kMinForeign = 4;
constexpr size_t kMaxForeign = 40;
constexpr uint64_t kTenDigits = 10'000'000'000;

absl::Status Invalid(std::string_view why) { return Error(Reason::kInvalidCard, why); }

// What was written, without gaps, in half width and upper case.
absl::StatusOr<std::string> WithoutGaps(std::string_view text) {
  if (text.size() > kMaxWrittenBytes) return Invalid("this is too long for a card's number");
  if (!base::IsValidUtf8(text)) return Invalid("a card's number has digits and letters");
  std::string number;
  for (const char c : Plain(text)) {
    if (c == ' ' || c == '\t' || c == '-' || c == '.') continue;
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      return Invalid("a card's number has digits and letters, and no other signs");
    }
    number.push_back(absl::ascii_toupper(static_cast<unsigned char>(c)));
  }
  return number;
}

absl::Status CheckOwn(std::string_view number) {
  const bool digits = std::all_of(number.begin(), number.end(),
                                  [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (!digits || number.size() != kCardDigits || number.front() != '2') {
    return Invalid(
        "a card's number has 13 digits and begins with 2; for another issuer's card, name the "
        "issuer");
  }
  if (EanCheckDigit(number.substr(0, kCardDigits - 1)) != number.back()) {
    return Invalid("a digit of this number was mistaken for another; read it again");
  }
  return absl::OkStatus();
}

absl::Status CheckIssuer(std::string_view issuer) {
  const auto allowed = [](unsigned char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
  };
  if (issuer.size() <= kMaxIssuerBytes && std::all_of(issuer.begin(), issuer.end(), allowed)) {
    return absl::OkStatus();
  }
  return Error(Reason::kFieldInvalid,
               "the issuer of a card is 1 to 40 of a-z, 0-9, - and _, such as oldclub");
}

}  // namespace

char EanCheckDigit(std::string_view twelve) {
  int sum = 0;
  for (size_t i = 0; i < twelve.size(); ++i) sum += (twelve[i] - '0') * (i % 2 == 0 ? 1 : 3);
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

absl::StatusOr<CardName> ParseCard(std::string_view issuer, std::string_view number) {
  RETURN_IF_ERROR(CheckIssuer(issuer));
  ASSIGN_OR_RETURN(std::string plain, WithoutGaps(number));
  if (issuer.empty()) {
    RETURN_IF_ERROR(CheckOwn(plain));
  } else if (plain.size() < kMinForeign || plain.size() > kMaxForeign) {
    return Invalid("the number of another issuer's card has 4 to 40 letters and digits");
  }
  return CardName{std::string(issuer), std::move(plain)};
}

std::string CardKeyText(const CardName& card) { return card.issuer + '\0' + card.number; }

std::string CardNumbers::NumberOf(int32_t program, int prefix, const CardId& card) const {
  std::string input;
  for (const int shift : {24, 16, 8, 0}) input.push_back(static_cast<char>(program >> shift));
  input.push_back(static_cast<char>(prefix));
  absl::StrAppend(&input, base::Abs(card.uuid.AsBytes()));
  const base::Digest digest = base::HmacSha256(secret_, input);
  uint64_t bits = 0;
  for (size_t i = 0; i < sizeof(bits); ++i) bits = bits << 8 | digest[i];
  std::string number = absl::StrFormat("%02d%010d", prefix, bits % kTenDigits);
  number.push_back(EanCheckDigit(number));
  return number;
}

ledger::DirectoryKey CardNumbers::NameOf(int32_t program, const CardName& card) const {
  return {ledger::DirectoryKind::kCard, vault_.LookupKey(program, "card", CardKeyText(card))};
}

}  // namespace gratis::members
