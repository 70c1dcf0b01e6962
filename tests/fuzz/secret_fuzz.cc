#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/house/keyring/key.h"
#include "common/ledger/voucher_code.h"
#include "common/rpc/member_token.h"
#include "common/rpc/proof.h"
#include "common/status/reasons.h"
#include "common/vault/sealed_token.h"
#include "services/members/qr_token.h"
#include "services/messages/unsubscribe_token.h"
#include "tests/fuzz/fuzz.h"

namespace {

using gratis::fuzz::Require;
using gratis::ledger::ParseVoucherCode;

constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kCodeLength = 13;

// The one form of a code, and that no slip of whoever reads it leads to another.
void CheckCode(const std::string& plain) {
  Require(plain.size() == kCodeLength && plain.find_first_not_of(kDigits) == plain.npos,
          "a code is plain");
  const std::string grouped = gratis::ledger::GroupVoucherCode(plain);
  for (const std::string& written : {plain, grouped, absl::AsciiStrToLower(grouped)}) {
    const auto again = ParseVoucherCode(written);
    Require(again.ok() && *again == plain, "the one form is its own, however it is written");
  }
  for (size_t i = 0; i < plain.size(); ++i) {
    std::string wrong = plain;
    wrong[i] = kDigits[(kDigits.find(wrong[i]) + 1) % kDigits.size()];
    Require(!ParseVoucherCode(wrong).ok(), "one character that is wrong is found out");
    if (i == 0 || plain[i] == plain[i - 1]) continue;
    std::string swapped = plain;
    std::swap(swapped[i], swapped[i - 1]);
    Require(!ParseVoucherCode(swapped).ok(), "and so are two in the wrong order");
  }
}

// The code of a voucher or a receipt, as people write it; and one made of the text.
void CheckCodes(std::string_view text) {
  const auto plain = ParseVoucherCode(text);
  if (plain.ok()) CheckCode(*plain);
  Require(plain.ok() || gratis::ReasonOf(plain.status()) == gratis::Reason::kFieldInvalid,
          "what is no code is refused");
  std::string made(kCodeLength - 1, '0');
  for (size_t i = 0; i < std::min(text.size(), made.size()); ++i) {
    made[i] = kDigits[static_cast<unsigned char>(text[i]) % kDigits.size()];
  }
  made.push_back(gratis::ledger::CheckCharacter(made));
  const auto parsed = ParseVoucherCode(made);
  Require(parsed.ok() && *parsed == made, "a code that was made is one");
  CheckCode(made);
}

}  // namespace

// What is presented in the place of a key, as proof of a member, to take them off a list, or to use
// a voucher: nothing opens that was not made here.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const gratis::rpc::MemberTokens tokens(std::string(32, 'k'));
  static const gratis::rpc::Proofs proofs(std::string(32, 'o'));
  static const gratis::members::QrTokens qr_tokens(std::string(32, 'q'));
  static const gratis::messages::UnsubscribeTokens unsubscribing(std::string(32, 'u'));
  static const gratis::vault::TokenSealer sealer(std::string(32, 's'));
  const std::string text(gratis::fuzz::TextOf(data, size));
  Require(!tokens.Open(text), "no token that was not made here");
  Require(!tokens.Open("gm_" + text), "nor with the right beginning");
  Require(!proofs.Open(text, 2, "key_a") && !proofs.Open("gp_" + text, 2, "key_a"),
          "no proof that was not given");
  Require(!qr_tokens.Open(text, 2) && !qr_tokens.Open("GQ" + text, 2),
          "no QR code that was not made here");
  Require(gratis::ReasonOf(unsubscribing.Open(2, text).status()) ==
              gratis::Reason::kUnsubscribeTokenInvalid,
          "no link that was not written here");
  Require(!sealer.Open(text, "purpose"), "nothing opens that was not sealed");
  CheckCodes(text);

  const auto key = gratis::house::KeyIdIn(text);
  if (key.ok()) {
    Require(gratis::house::MakeKeyText(*key, "api-key secret") != text, "no key is guessed");
    Require(text.substr(0, 29) == gratis::house::MakeKeyText(*key, "x").substr(0, 29),
            "an id has one spelling");
  }
  return 0;
}
