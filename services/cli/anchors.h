#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gratis::ledger::v1 {
class Anchor;
}

// Anchors in a file: one JSON object a line, with the contract's names.
namespace gratis::cli {

// Errors: wrong usage of --anchor (it cannot be read, is empty, or a line is no anchor).
absl::StatusOr<std::vector<ledger::v1::Anchor>> ReadAnchors(const std::string& path);

// Writes the file anew, as a whole or not at all. Errors: wrong usage of --write-anchor.
absl::Status WriteAnchors(const std::string& path, const std::vector<ledger::v1::Anchor>& anchors);

}  // namespace gratis::cli
