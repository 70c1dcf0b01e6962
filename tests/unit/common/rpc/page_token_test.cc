#include "common/rpc/page_token.h"

#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "gratis/ledger/v1/keys.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"

namespace gratis::rpc {
namespace {

using ledger::v1::ListEntriesRequest;

class PageTokenTest : public ::testing::Test {
 protected:
  static ListEntriesRequest Query(const std::string& member) {
    ListEntriesRequest request;
    request.set_member_id(member);
    request.set_page_size(10);
    return request;
  }

  // What the next page's request opens to when it carries the token of `first`.
  absl::StatusOr<std::string> OpenWith(const std::string& token, ListEntriesRequest next,
                                       int32_t program = 2) const {
    next.set_page_token(token);
    return tokens_.Open(next, program);
  }

  const PageTokens tokens_{std::string(32, 'k')};
  // A cursor with bytes that no text has.
  const std::string cursor_ = std::string("\0\xff\x01:42", 6);
  const std::string token_ = tokens_.Make(Query("mem_a"), 2, cursor_);
};

TEST_F(PageTokenTest, TheFirstPageHasNoCursor) { EXPECT_EQ(*tokens_.Open(Query("mem_a"), 2), ""); }

TEST_F(PageTokenTest, TheNextPageOfTheSameQueryGetsItsCursor) {
  EXPECT_EQ(*OpenWith(token_, Query("mem_a")), cursor_);
}

TEST_F(PageTokenTest, APageMayHaveAnotherSizeThanTheOneBefore) {
  ListEntriesRequest next = Query("mem_a");
  next.set_page_size(500);
  EXPECT_EQ(*OpenWith(token_, next), cursor_);
}

TEST_F(PageTokenTest, AnotherQuerysTokenIsRefused) {
  const auto opened = OpenWith(token_, Query("mem_b"));
  EXPECT_EQ(ReasonOf(opened.status()), Reason::kInvalidPageToken);
  EXPECT_EQ(FieldOf(opened.status()), "page_token");
}

TEST_F(PageTokenTest, AnotherProgramsTokenIsRefused) {
  EXPECT_EQ(ReasonOf(OpenWith(token_, Query("mem_a"), 3).status()), Reason::kInvalidPageToken);
}

TEST_F(PageTokenTest, AnotherMethodsTokenIsRefused) {
  ledger::v1::ListKeysRequest keys;
  keys.set_page_token(tokens_.Make(ListEntriesRequest(), 2, cursor_));
  EXPECT_EQ(ReasonOf(tokens_.Open(keys, 2).status()), Reason::kInvalidPageToken);
}

TEST_F(PageTokenTest, AnotherHousesTokenIsRefused) {
  ListEntriesRequest next = Query("mem_a");
  next.set_page_token(token_);
  EXPECT_FALSE(PageTokens(std::string(32, 'x')).Open(next, 2).ok());
}

TEST_F(PageTokenTest, EveryDamagedByteIsNoticed) {
  for (size_t i = 0; i + 1 < token_.size(); ++i) {
    std::string damaged = token_;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(ReasonOf(OpenWith(damaged, Query("mem_a")).status()), Reason::kInvalidPageToken) << i;
  }
  for (size_t length = 1; length < token_.size(); ++length) {
    EXPECT_FALSE(OpenWith(token_.substr(0, length), Query("mem_a")).ok()) << length;
  }
}

TEST_F(PageTokenTest, WhatWasNeverATokenIsRefused) {
  for (const std::string& junk :
       {std::string("2"), std::string("not a token"), std::string(2'000, 'A')}) {
    EXPECT_EQ(ReasonOf(OpenWith(junk, Query("mem_a")).status()), Reason::kInvalidPageToken);
  }
}

TEST(PageSizes, AreBoundedAndNotNegative) {
  EXPECT_EQ(*PageSize(0, 50, 1'000), 50);
  EXPECT_EQ(*PageSize(7, 50, 1'000), 7);
  EXPECT_EQ(*PageSize(5'000, 50, 1'000), 1'000);
  const auto negative = PageSize(-1, 50, 1'000);
  EXPECT_EQ(ReasonOf(negative.status()), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(negative.status()), "page_size");
}

}  // namespace
}  // namespace gratis::rpc
