#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gratis/members/v1/cards.pb.h"
#include "tests/integration/services/members/till_house.h"

namespace gratis::members {

// What a back end and a till do with cards.
class CardsHouse : public TillHouse {
 protected:
  absl::StatusOr<v1::IssueCardsResponse> Issue(int count, const std::string& batch,
                                               const std::string& request_id = "") {
    v1::IssueCardsRequest request;
    request.set_request_id(request_id.empty() ? NextRequestId() : request_id);
    request.set_count(count);
    request.set_batch(batch);
    return Call(&CardStub::IssueCards, request);
  }
  std::vector<v1::Card> Listed(v1::ListCardsRequest request, int page_size = 1000) {
    request.set_page_size(page_size);
    std::vector<v1::Card> cards;
    do {
      const auto page = Call(&CardStub::ListCards, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->cards_size(), page_size);
      cards.insert(cards.end(), page->cards().begin(), page->cards().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return cards;
  }
  std::vector<v1::Card> OfBatch(const std::string& batch, int page_size = 1000) {
    v1::ListCardsRequest request;
    request.set_batch(batch);
    return Listed(request, page_size);
  }
  std::vector<v1::Card> OfMember(const std::string& member, int page_size = 1000) {
    v1::ListCardsRequest request;
    request.set_member_id(member);
    return Listed(request, page_size);
  }
  // The numbers of a new box.
  std::vector<std::string> Box(int count) {
    const std::string batch = absl::StrCat("box-", ++boxes_);
    EXPECT_TRUE(Issue(count, batch).ok());
    std::vector<std::string> numbers;
    for (const v1::Card& card : OfBatch(batch)) numbers.push_back(card.number());
    EXPECT_THAT(numbers, ::testing::SizeIs(count));
    return numbers;
  }
  absl::StatusOr<v1::LinkCardResponse> Link(const std::string& member, const std::string& number,
                                            const std::string& issuer = "",
                                            const std::string& request_id = "") {
    v1::LinkCardRequest request;
    request.set_request_id(request_id.empty() ? NextRequestId() : request_id);
    request.set_member_id(member);
    request.mutable_card()->set_number(number);
    request.mutable_card()->set_issuer(issuer);
    return Call(&CardStub::LinkCard, request, "gk_till1");
  }
  absl::StatusOr<v1::ReportCardLostResponse> Lose(const std::string& number) {
    v1::ReportCardLostRequest request;
    request.set_request_id(NextRequestId());
    request.mutable_card()->set_number(number);
    return Call(&CardStub::ReportCardLost, request, "gk_till1");
  }
  absl::StatusOr<v1::ReplaceCardResponse> Replace(const std::string& old_number,
                                                  const std::string& new_number,
                                                  const std::string& request_id = "",
                                                  const std::string& issuer = "") {
    v1::ReplaceCardRequest request;
    request.set_request_id(request_id.empty() ? NextRequestId() : request_id);
    request.mutable_card()->set_number(old_number);
    request.mutable_card()->set_issuer(issuer);
    request.mutable_new_card()->set_number(new_number);
    request.mutable_new_card()->set_issuer(issuer);
    return Call(&CardStub::ReplaceCard, request, "gk_till1");
  }

 private:
  int boxes_ = 0;
};

}  // namespace gratis::members
