#include "services/messages/subscriptions.h"

#include <gtest/gtest.h>

#include "common/status/reasons.h"

namespace gratis::messages {
namespace {

std::optional<Reason> Checked(const std::string& url, const AddressGuard& guard) {
  return ReasonOf(CheckSettings({.url = url}, guard).status());
}

TEST(SubscriptionSettings, GoToHttpsAndNoPrivateAddress) {
  const AddressGuard guard = *AddressGuard::Of({});
  EXPECT_EQ(Checked("https://shop.example/hooks?a=1", guard), std::nullopt);
  EXPECT_EQ(Checked("https://8.8.8.8/hooks", guard), std::nullopt);
  for (const char* url :
       {"http://shop.example/", "ftp://shop.example/", "file:///etc/passwd", "https://10.0.0.1/",
        "https://127.1/", "https://2130706433/", "https://[::1]/", "https://[::ffff:7f00:1]/",
        "https://user:secret@shop.example/", "https://shop.example/#part"}) {
    const auto reason = Checked(url, guard);
    EXPECT_TRUE(reason == Reason::kEndpointNotAllowed || reason == Reason::kFieldInvalid) << url;
  }
  EXPECT_EQ(Checked("https://10.0.0.1/", guard), Reason::kEndpointNotAllowed);
  EXPECT_EQ(Checked("", guard), Reason::kFieldMissing);
  EXPECT_EQ(Checked("shop", guard), Reason::kFieldInvalid);
  EXPECT_EQ(Checked("https://" + std::string(2000, 'a') + ".example/", guard),
            Reason::kFieldTooLong);
}

TEST(SubscriptionSettings, GoWhereTheSettingsAllow) {
  const AddressGuard guard = *AddressGuard::Of({"127.0.0.0/8"});
  EXPECT_EQ(Checked("http://127.0.0.1:8080/", guard), std::nullopt);
  EXPECT_EQ(Checked("http://localhost:8080/", guard), std::nullopt);
  EXPECT_EQ(Checked("http://8.8.8.8/", guard), Reason::kEndpointNotAllowed);
  EXPECT_EQ(Checked("https://10.0.0.1/", guard), Reason::kEndpointNotAllowed);
}

TEST(SubscriptionSettings, HaveBounds) {
  const AddressGuard guard = *AddressGuard::Of({});
  const auto reason = [&](SubscriptionSettings settings) {
    settings.url = "https://shop.example/";
    return ReasonOf(CheckSettings(settings, guard).status());
  };
  EXPECT_EQ(reason({.max_in_flight = 257}), Reason::kFieldInvalid);
  EXPECT_EQ(reason({.max_in_flight = -1}), Reason::kFieldInvalid);
  EXPECT_EQ(reason({.label = std::string(101, 'x')}), Reason::kFieldTooLong);
  EXPECT_EQ(reason({.kinds = std::vector(101, ledger::FactKind::kEarn)}), Reason::kFieldTooLong);
  EXPECT_EQ(CheckSettings({.url = "https://shop.example/"}, guard)->max_in_flight,
            kDefaultInFlight);
}

}  // namespace
}  // namespace gratis::messages
