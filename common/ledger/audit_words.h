#pragma once

#include <string>

#include "common/ledger/fact.h"
#include "common/ledger/state.h"

namespace gratis::ledger {

// How findings of an audit name what is compared: for people, in one line, and nothing personal.
std::string Named(Account account);
std::string Figures(const Wallet& wallet);
std::string Figures(const Lot& lot);
std::string Figures(const Hold& hold);

}  // namespace gratis::ledger
