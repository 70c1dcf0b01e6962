#include "common/ledger/voucher_reads.h"

#include <gtest/gtest.h>

namespace gratis::ledger {
namespace {

TEST(VoucherPlace, IsReadBackAsItWasWritten) {
  const absl::Time now = absl::FromUnixMicros(1'800'000'000'000'001);
  for (const VoucherPlace& place : {
           VoucherPlace{.as_of = now},
           VoucherPlace{.as_of = now, .expires_at = now, .lot = 17},
           VoucherPlace{.as_of = now, .expires_at = absl::InfiniteFuture(), .lot = 17},
           VoucherPlace{
               .as_of = now, .over = true, .expires_at = absl::InfiniteFuture(), .lot = -17},
       }) {
    EXPECT_EQ(VoucherPlace::Parse(place.ToString()), place) << place.ToString();
  }
}

TEST(VoucherPlace, IsNotReadFromAnythingElse) {
  for (const char* text : {"", "1", "1/0/1", "1/0/1/x", "1/0/1/1/1"}) {
    EXPECT_EQ(VoucherPlace::Parse(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gratis::ledger
