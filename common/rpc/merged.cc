#include "common/rpc/merged.h"

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace gratis::rpc {
namespace {

namespace pb = google::protobuf;

bool NamesMember(const pb::FieldDescriptor& field) {
  return field.type() == pb::FieldDescriptor::TYPE_STRING &&
         (field.name() == "member_id" || field.name() == "to_member_id" ||
          field.name() == "member_ids" || field.name() == "staff_member_id");
}

class Naming {
 public:
  Naming(const FindSurvivor& find, AsSent& sent) : find_(find), sent_(sent) {}

  // Whether something of it names somebody who became another.
  bool Concerns(const pb::Message& message) const;
  // Puts the names in place. Whether anything changed.
  bool Rename(const pb::Message& sent, pb::Message& understood);

 private:
  // Empty if they are still themselves.
  std::string Became(const std::string& name) const {
    const absl::StatusOr<MemberId> member = MemberId::Parse(name);
    if (!member.ok()) return "";
    const MemberId survivor = find_(*member);
    return survivor == *member ? "" : survivor.ToString();
  }
  bool RenameField(const pb::FieldDescriptor* field, pb::Message& understood) const;

  const FindSurvivor& find_;
  AsSent& sent_;
};

std::vector<const pb::FieldDescriptor*> FieldsOf(const pb::Message& message) {
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

bool Naming::Concerns(const pb::Message& message) const {
  const pb::Reflection& reflection = *message.GetReflection();
  for (const pb::FieldDescriptor* field : FieldsOf(message)) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    if (NamesMember(*field)) {
      for (int i = 0; i < count; ++i) {
        const std::string name = field->is_repeated()
                                     ? reflection.GetRepeatedString(message, field, i)
                                     : reflection.GetString(message, field);
        if (!Became(name).empty()) return true;
      }
    } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      for (int i = 0; i < count; ++i) {
        const pb::Message& part = field->is_repeated()
                                      ? reflection.GetRepeatedMessage(message, field, i)
                                      : reflection.GetMessage(message, field);
        if (Concerns(part)) return true;
      }
    }
  }
  return false;
}

bool Naming::RenameField(const pb::FieldDescriptor* field, pb::Message& understood) const {
  const pb::Reflection& reflection = *understood.GetReflection();
  if (!field->is_repeated()) {
    std::string became = Became(reflection.GetString(understood, field));
    if (became.empty()) return false;
    reflection.SetString(&understood, field, std::move(became));
    return true;
  }
  bool changed = false;
  for (int i = 0; i < reflection.FieldSize(understood, field); ++i) {
    std::string became = Became(reflection.GetRepeatedString(understood, field, i));
    if (became.empty()) continue;
    reflection.SetRepeatedString(&understood, field, i, std::move(became));
    changed = true;
  }
  return changed;
}

bool Naming::Rename(const pb::Message& sent, pb::Message& understood) {
  const pb::Reflection& reflection = *sent.GetReflection();
  bool changed = false;
  for (const pb::FieldDescriptor* field : FieldsOf(sent)) {
    if (NamesMember(*field)) {
      changed = RenameField(field, understood) || changed;
    } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      const int count = field->is_repeated() ? reflection.FieldSize(sent, field) : 1;
      for (int i = 0; i < count; ++i) {
        const pb::Message& was = field->is_repeated()
                                     ? reflection.GetRepeatedMessage(sent, field, i)
                                     : reflection.GetMessage(sent, field);
        pb::Message& is = field->is_repeated()
                              ? *reflection.MutableRepeatedMessage(&understood, field, i)
                              : *reflection.MutableMessage(&understood, field);
        changed = Rename(was, is) || changed;
      }
    }
  }
  if (changed) sent_[&understood] = &sent;
  return changed;
}

}  // namespace

std::unique_ptr<pb::Message> NameSurvivors(const pb::Message& request, const FindSurvivor& find,
                                           AsSent& sent) {
  Naming naming(find, sent);
  if (!naming.Concerns(request)) return nullptr;
  std::unique_ptr<pb::Message> understood(request.New());
  understood->CopyFrom(request);
  naming.Rename(request, *understood);
  return understood;
}

}  // namespace gratis::rpc
