#include "services/messages/ways.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace gratis::messages {
namespace {

TEST(Ways, AreFoundByWhatTheyAreAndByWhatFactsCallThem) {
  std::set<ChannelKind> kinds;
  std::set<std::string_view> words;
  for (const std::string_view code : {"email", "inbox", "task"}) {
    const Way* const way = FindWay(code);
    ASSERT_NE(way, nullptr) << code;
    EXPECT_EQ(FindWay(way->kind), way);
    EXPECT_TRUE(kinds.insert(way->kind).second);
    EXPECT_TRUE(words.insert(way->words).second);
  }
  EXPECT_EQ(FindWay("receipt"), nullptr);
  EXPECT_EQ(FindWay(ChannelKind::kWebhook), nullptr);
  EXPECT_EQ(FindWay(ChannelKind::kReceipt), nullptr);
}

TEST(Ways, WhatGoesOutWaitsInItsOwnLineAndWhatDoesNotInNone) {
  EXPECT_EQ(WayOfLine(kMailServer), FindWay(ChannelKind::kEmail));
  EXPECT_TRUE(FindWay(ChannelKind::kEmail)->goes_out());
  for (const ChannelKind kind : {ChannelKind::kInbox, ChannelKind::kTask}) {
    EXPECT_FALSE(FindWay(kind)->goes_out());
  }
  EXPECT_EQ(WayOfLine(Uuid{}), nullptr);
  EXPECT_EQ(WayOfLine(Uuid{{7}}), nullptr) << "a subscription's";
}

}  // namespace
}  // namespace gratis::messages
