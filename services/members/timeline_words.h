#pragma once

#include <string>

#include "common/ledger/fact.h"

namespace gratis::members {

// What happened to a member, in English and in the past tense, without names, ids or free text:
// "Bought for 12.50 CHF". `unit` is the unit's code. Something is said of every kind of fact there
// can be about a member, and of kinds that are not known here.
std::string TimelineText(const ledger::JournalRow& row, const std::string& unit,
                         const std::string& currency);

}  // namespace gratis::members
