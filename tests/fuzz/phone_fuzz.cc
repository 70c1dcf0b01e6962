#include <algorithm>
#include <string>

#include "services/members/phone_number.h"
#include "tests/fuzz/fuzz.h"

// A phone number as anybody writes it: what is one has one form, and that form is its own.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gratis::fuzz::Require;
  const auto number = gratis::members::NormalizePhone(gratis::fuzz::TextOf(data, size));
  if (!number.ok()) return 0;
  Require(number->size() >= 5 && number->size() <= 18 && number->front() == '+' &&
              std::all_of(number->begin() + 1, number->end(),
                          [](char c) { return c >= '0' && c <= '9'; }),
          "E.164");
  const auto again = gratis::members::NormalizePhone(*number);
  Require(again.ok() && *again == *number, "the one form is its own");
  return 0;
}
