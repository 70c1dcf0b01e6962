#include "common/rpc/wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace gratis::rpc {

namespace pb = google::protobuf;
using pb::internal::WireFormatLite;

std::string DeterministicBytes(const pb::Message& message,
                               std::initializer_list<std::string_view> without) {
  std::string bytes;
  {
    pb::io::StringOutputStream stream(&bytes);
    pb::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    if (!message.SerializePartialToCodedStream(&out)) std::abort();  // it does not fit in memory
  }
  std::vector<int> numbers;
  for (const std::string_view name : without) {
    const auto* field = message.GetDescriptor()->FindFieldByName(std::string(name));
    if (field != nullptr) numbers.push_back(field->number());
  }
  if (numbers.empty()) return bytes;

  // Cutting them out of the bytes is cheaper than a copy of the message without them.
  std::string kept;
  kept.reserve(bytes.size());
  pb::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                              static_cast<int>(bytes.size()));
  for (int start = 0; const uint32_t tag = in.ReadTag(); start = in.CurrentPosition()) {
    if (!WireFormatLite::SkipField(&in, tag)) std::abort();  // protobuf wrote it itself
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    if (std::find(numbers.begin(), numbers.end(), number) != numbers.end()) continue;
    kept.append(bytes, start, in.CurrentPosition() - start);
  }
  return kept;
}

}  // namespace gratis::rpc
