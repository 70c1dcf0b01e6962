#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"

namespace google::protobuf {
class Message;
}

// What webhooks say: CloudEvents 1.0 in JSON, structured mode (CloudEvents spec 1.0.2, JSON
// format).
namespace gratis::messages {

// "evt_12_345": the entry 345 of partition 12. Partitions are numbered over all programs.
std::string EventIdOf(const ledger::JournalRow& row);

// "gratis.entry.purchase" for ENTRY_KIND_PURCHASE.
std::string EventTypeOf(ledger::FactKind kind);

// An entry of the journal as an event. `data` is a gratis.ledger.v1.Entry in proto3 JSON. `unit`:
// the code of the row's unit; empty where none is concerned.
std::string EventBody(std::string_view program, const ledger::JournalRow& row,
                      std::string_view unit);

// What tries out whether events arrive, of type gratis.webhook.test.
std::string TestEventBody(std::string_view program, std::string_view event_id,
                          std::string_view subscription_id, absl::Time now);

}  // namespace gratis::messages
