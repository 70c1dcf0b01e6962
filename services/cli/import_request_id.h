#pragma once

#include <string>
#include <string_view>

namespace gratis::cli {

// "import:webshop:order:A-17", at most 128 printable ASCII characters; `id` is hashed when it does
// not fit.
std::string ImportRequestId(std::string_view source, std::string_view kind, std::string_view id);

}  // namespace gratis::cli
