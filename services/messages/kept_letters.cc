#include "services/messages/kept_letters.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/ledger/reads.h"
#include "common/status/macros.h"
#include "services/messages/message_seal.h"
#include "services/messages/message_store.h"

namespace gratis::messages {
namespace {

Email EmailOf(const v1::RenderedMessage& text) {
  return {.from_name = text.from_name(),
          .from_address = text.from_address(),
          .reply_to = text.reply_to(),
          .to = text.to(),
          .subject = text.subject(),
          .text = text.text(),
          .html = text.html(),
          .unsubscribe_url = text.unsubscribe_url()};
}

}  // namespace

absl::StatusOr<std::vector<std::optional<Email>>> KeptLetters::Open(
    pg::Tx& tx, absl::Span<const LetterKey> asked) {
  std::vector<int32_t> partitions;
  std::vector<Uuid> ids;
  for (const LetterKey& key : asked) {
    partitions.push_back(key.partition);
    ids.push_back(key.message);
  }
  ASSIGN_OR_RETURN(const std::vector<KeptText> texts, ReadTexts(tx, partitions, ids));
  partitions.clear();
  std::vector<MemberId> members;
  for (const KeptText& text : texts) {
    partitions.push_back(text.partition);
    members.push_back(text.member);
  }
  // The journal may not have been read as far as their erasure yet.
  ASSIGN_OR_RETURN(const std::set<MemberId> erased, ledger::FindErased(tx, partitions, members));
  std::map<std::pair<int32_t, Uuid>, const SealedText*> by_key;
  for (const KeptText& text : texts) {
    if (!erased.contains(text.member)) by_key[{text.partition, text.id}] = &text.text;
  }
  std::vector<std::optional<Email>> letters;
  for (const LetterKey& key : asked) {
    const auto found = by_key.find({key.partition, key.message});
    if (found == by_key.end()) {
      letters.emplace_back();
      continue;
    }
    ASSIGN_OR_RETURN(const v1::RenderedMessage text, OpenText(vault_, key.message, *found->second));
    letters.emplace_back(EmailOf(text));
  }
  return letters;
}

}  // namespace gratis::messages
