#include <string>

#include "common/house/keyring/key.h"
#include "common/rpc/member_token.h"
#include "common/rpc/proof.h"
#include "common/vault/sealed_token.h"
#include "services/members/qr_token.h"
#include "tests/fuzz/fuzz.h"

// What is presented in the place of a key, or as proof of a member: nothing opens that was not made
// here.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gratis::fuzz::Require;
  static const gratis::rpc::MemberTokens tokens(std::string(32, 'k'));
  static const gratis::rpc::Proofs proofs(std::string(32, 'o'));
  static const gratis::members::QrTokens qr_tokens(std::string(32, 'q'));
  static const gratis::vault::TokenSealer sealer(std::string(32, 's'));
  const std::string text(gratis::fuzz::TextOf(data, size));
  Require(!tokens.Open(text), "no token that was not made here");
  Require(!tokens.Open("gm_" + text), "nor with the right beginning");
  Require(!proofs.Open(text, 2, "key_a") && !proofs.Open("gp_" + text, 2, "key_a"),
          "no proof that was not given");
  Require(!qr_tokens.Open(text, 2) && !qr_tokens.Open("GQ" + text, 2),
          "no QR code that was not made here");
  Require(!sealer.Open(text, "purpose"), "nothing opens that was not sealed");

  const auto key = gratis::house::KeyIdIn(text);
  if (key.ok()) {
    Require(gratis::house::MakeKeyText(*key, "api-key secret") != text, "no key is guessed");
    Require(text.substr(0, 29) == gratis::house::MakeKeyText(*key, "x").substr(0, 29),
            "an id has one spelling");
  }
  return 0;
}
