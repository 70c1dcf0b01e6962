#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/ledger/books.h"
#include "common/vault/vault.h"

// What stands on a card. Ours is an EAN-13: two digits that say that it is ours, ten that cannot be
// guessed, a check digit. GS1 sets the prefixes 20 to 29 aside for restricted circulation numbers,
// which mean something within a shop and nothing elsewhere (GS1 General Specifications,
// section 1.4, synopsis of GS1 prefixes); the check digit is that of section 7.9.
//
// Ten random digits: of a hundred thousand cards, one well-formed guess in a hundred thousand hits
// one. That is enough for what a card can do, and for nothing more.
namespace gratis::members {

inline constexpr int kFirstCardPrefix = 20;
inline constexpr int kLastCardPrefix = 29;
inline constexpr size_t kCardDigits = 13;

// A card as it is known: `number` without gaps, the letters of others' in upper case.
struct CardName {
  std::string issuer;  // empty: ours
  std::string number;

  friend bool operator==(const CardName&, const CardName&) = default;
};

// The digit that makes twelve an EAN-13: with weights 1 and 3 from the left, all thirteen add up to
// a multiple of 10. It is never right after one digit was changed; of neighbors that changed places
// it misses those that differ by 5.
char EanCheckDigit(std::string_view twelve);

// A card as people write it and scanners read it: in any width, with any spaces and dashes. Errors:
// INVALID_CARD (no number of its kind, or its check digit is wrong), FIELD_INVALID (issuer). No
// message repeats the number.
absl::StatusOr<CardName> ParseCard(std::string_view issuer, std::string_view number);

// What is hashed to find it. Stored, as a hash: it may never change.
std::string CardKeyText(const CardName& card);

// Our numbers follow from the cards' ids under a key that is not in the database, so they are
// nowhere stored: HMAC-SHA-256 of the program's number (4 bytes, big endian), the prefix (1 byte)
// and the id, its first 64 bits modulo 10^10. Thread-safe.
class CardNumbers {
 public:
  // `vault` outlives this.
  explicit CardNumbers(const vault::Vault& vault)
      : vault_(vault), secret_(vault.Derive("card-number")) {}

  std::string NumberOf(int32_t program, int prefix, const CardId& card) const;
  // A card as the directory keeps it.
  ledger::DirectoryKey NameOf(int32_t program, const CardName& card) const;

 private:
  const vault::Vault& vault_;
  const std::string secret_;
};

}  // namespace gratis::members
