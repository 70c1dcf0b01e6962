#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "common/ledger/fact.h"

// What facts of other services say beside their figures, read for those who are told of them: what
// is not there, or is not what it was, reads as empty.
namespace gratis::members {

inline nlohmann::json ObjectOf(const ledger::Fact& fact) {
  nlohmann::json detail = nlohmann::json::parse(fact.detail, nullptr, /*allow_exceptions=*/false);
  return detail.is_object() ? detail : nlohmann::json::object();
}

inline std::string TextIn(const nlohmann::json& detail, const char* name) {
  const auto found = detail.find(name);
  return found != detail.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace gratis::members
