#include "services/members/preference_contract.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/preferences.pb.h"

namespace gratis::members {
namespace {

absl::StatusOr<PreferenceValue> ValueOf(const v1::Preference& proto, const std::string& field) {
  switch (proto.value_case()) {
    case v1::Preference::kText:
      return Words{proto.text()};
    case v1::Preference::kNumber:
      return PreferenceValue(std::in_place_type<int64_t>, proto.number());
    case v1::Preference::kFlag:
      return PreferenceValue(std::in_place_type<bool>, proto.flag());
    case v1::Preference::kChoice:
      return Choice{proto.choice()};
    case v1::Preference::kDay: {
      ASSIGN_OR_RETURN(const absl::CivilDay day, rpc::ParseDay(proto.day(), field + ".day"));
      return day;
    }
    case v1::Preference::VALUE_NOT_SET:
      break;
  }
  return PreferenceValue();
}

// Writes each kind of value into the contract's message.
struct ValueWriter {
  v1::Preference& proto;
  void operator()(std::monostate) const {}
  void operator()(const Words& words) const { proto.set_text(words.text); }
  void operator()(int64_t number) const { proto.set_number(number); }
  void operator()(bool flag) const { proto.set_flag(flag); }
  void operator()(const Choice& choice) const { proto.set_choice(choice.code); }
  void operator()(absl::CivilDay day) const { rpc::SetDay(day, *proto.mutable_day()); }
};

}  // namespace

absl::StatusOr<PreferenceChange> ChangeOf(const v1::SetPreferencesRequest& request) {
  PreferenceChange change;
  for (int i = 0; i < request.set_size(); ++i) {
    const v1::Preference& set = request.set(i);
    ASSIGN_OR_RETURN(PreferenceValue value, ValueOf(set, absl::StrCat("set[", i, "]")));
    change.set.push_back({set.key(), std::move(value)});
  }
  change.clear.assign(request.clear().begin(), request.clear().end());
  RETURN_IF_ERROR(CheckPreferenceChange(change));
  return change;
}

void ToContract(const Preference& preference, v1::Preference& proto) {
  proto.set_key(preference.key);
  std::visit(ValueWriter{proto}, preference.value);
}

void ToContract(const KeptPreference& kept, v1::KeptPreference& proto) {
  ToContract(kept.preference, *proto.mutable_preference());
  rpc::SetTime(kept.set_at, *proto.mutable_set_at());
}

std::string SerializePreference(const Preference& preference) {
  v1::Preference proto;
  ToContract(preference, proto);
  return proto.SerializeAsString();
}

absl::StatusOr<Preference> ParsePreference(std::string_view bytes) {
  v1::Preference proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(Reason::kBooksDamaged, "a member's preference is not one");
  }
  ASSIGN_OR_RETURN(PreferenceValue value, ValueOf(proto, "preference"));
  return Preference{proto.key(), std::move(value)};
}

}  // namespace gratis::members
