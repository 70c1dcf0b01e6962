#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gratis/thanks/v1/surprises.pb.h"
#include "services/thanks/surprise_rules.h"
#include "services/thanks/surprise_store.h"

// Between what the contract says of surprises and the domain's values.
namespace gratis::thanks {

// Checked. `currency_code`: the program's. Errors: as CheckSurprise, INVALID_ID, INVALID_CURRENCY.
absl::StatusOr<SurpriseOrder> ParseSurprise(const v1::DrawSurpriseRequest& request,
                                            std::string_view currency_code);

v1::Surprise ToContract(const Surprise& surprise, const EntrantCounts& counts,
                        std::string_view currency_code);
v1::SurpriseEntrant ToContract(const Entrant& entrant);
v1::MemberSurprise ToContract(const TookPart& draw);

// A serialized answer, as it is stored and sent.
std::string DrawnAnswer(const Surprise& surprise, std::string_view currency_code);

}  // namespace gratis::thanks
