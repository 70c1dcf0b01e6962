#include "services/ledger/key_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/house/keyring/key_table.h"
#include "common/pg/tx.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/keys.grpc.pb.h"
#include "services/ledger/keys.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/ledger_rules.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

template <class Resp>
KeyAnswer AnswerAs(const std::string& program_code) {
  return [program_code](const house::KeyRecord& key) {
    Resp response;
    ToProto(key, program_code, *response.mutable_key());
    return response.SerializeAsString();
  };
}

absl::Status NoSuchKey(const KeyId& key_id) {
  return FieldError(Reason::kKeyNotFound, "key_id",
                    absl::StrCat("there is no key ", key_id.ToString()));
}

class KeyHandlers final : public v1::KeyService::CallbackService {
 public:
  KeyHandlers(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster,
              ledger::ProgramDirectory& programs, base::IdSource& ids, std::string api_key_secret)
      : shell_(shell),
        pool_(pool),
        poster_(poster),
        programs_(programs),
        ids_(ids),
        api_key_secret_(std::move(api_key_secret)) {}

  grpc::ServerUnaryReactor* CreateKey(grpc::CallbackServerContext* context,
                                      const v1::CreateKeyRequest* request,
                                      v1::CreateKeyResponse* response) override {
    return shell_.Mutate<v1::CreateKeyRequest, v1::CreateKeyResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { Create(call, req, reply); },
        rpc::Scope::kHouse);
  }
  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* context,
                                     const v1::ListKeysRequest* request,
                                     v1::ListKeysResponse* response) override {
    return shell_.Read<v1::ListKeysRequest, v1::ListKeysResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return List(call, req, resp); },
        rpc::Scope::kHouse);
  }
  grpc::ServerUnaryReactor* SetKey(grpc::CallbackServerContext* context,
                                   const v1::SetKeyRequest* request,
                                   v1::SetKeyResponse* response) override {
    return shell_.Mutate<v1::SetKeyRequest, v1::SetKeyResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { Set(call, req, reply); },
        rpc::Scope::kHouse);
  }
  grpc::ServerUnaryReactor* RotateKey(grpc::CallbackServerContext* context,
                                      const v1::RotateKeyRequest* request,
                                      v1::RotateKeyResponse* response) override {
    return shell_.Mutate<v1::RotateKeyRequest, v1::RotateKeyResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { Rotate(call, req, reply); },
        rpc::Scope::kHouse);
  }
  grpc::ServerUnaryReactor* RevokeKey(grpc::CallbackServerContext* context,
                                      const v1::RevokeKeyRequest* request,
                                      v1::RevokeKeyResponse* response) override {
    return shell_.Mutate<v1::RevokeKeyRequest, v1::RevokeKeyResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { Revoke(call, req, reply); },
        rpc::Scope::kHouse);
  }

 private:
  void Create(const Call& call, const v1::CreateKeyRequest& request,
              Reply<v1::CreateKeyResponse> reply);
  absl::Status List(const Call& call, const v1::ListKeysRequest& request,
                    v1::ListKeysResponse& response);
  void Set(const Call& call, const v1::SetKeyRequest& request, Reply<v1::SetKeyResponse> reply);
  void Rotate(const Call& call, const v1::RotateKeyRequest& request,
              Reply<v1::RotateKeyResponse> reply);
  void Revoke(const Call& call, const v1::RevokeKeyRequest& request,
              Reply<v1::RevokeKeyResponse> reply);
  // Posts it, and answers with the key's present secret, which no stored answer has: it is said
  // anew, in the first answer and in every replay.
  template <class Req, class Resp>
  void PostWithSecret(const Call& call, const Req& request, ledger::MutationKind& kind,
                      std::unique_ptr<ledger::Mutation> mutation, Reply<Resp> reply);

  absl::StatusOr<std::unique_ptr<KeyCreation>> CreationOf(const Call& call,
                                                          const v1::CreateKeyRequest& request);
  // Of a request that names a key_id: which, with the code of its program.
  // Errors: INVALID_ID, KEY_NOT_FOUND.
  struct Named {
    KeyId key_id;
    std::string program_code;
  };
  absl::StatusOr<Named> KeyOf(const Call& call, const std::string& key_id);
  // The key, if the caller may see it. Errors: KEY_NOT_FOUND.
  absl::StatusOr<house::KeyRecord> FindKey(const Call& call, const KeyId& key_id);
  // Its number, if the caller may see it. Errors, for the field program: PROGRAM_NOT_FOUND.
  absl::StatusOr<int32_t> ProgramOf(const Call& call, const std::string& code);
  absl::StatusOr<std::string> CodeOf(const std::optional<int32_t>& program, absl::Time deadline);

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  ledger::ProgramDirectory& programs_;
  base::IdSource& ids_;
  const std::string api_key_secret_;
  KeyCreations creations_;
  KeyChanges changes_;
};

absl::StatusOr<std::unique_ptr<KeyCreation>> KeyHandlers::CreationOf(
    const Call& call, const v1::CreateKeyRequest& request) {
  KeyDraft draft{.role = RoleOf(request.role()),
                 .program = {},
                 .label = request.label(),
                 .store = request.store()};
  ASSIGN_OR_RETURN(draft.limit, CompleteLimit(LimitOf(request.rate_limit())));
  if (!request.program().empty()) {
    ASSIGN_OR_RETURN(draft.program, ProgramOf(call, request.program()));
  }
  RETURN_IF_ERROR(CheckKey(draft, call.bound_to));
  const KeyId key_id{ids_.Next(call.now)};
  house::NewKey key{.record = {.key_id = key_id,
                               .role = draft.role,
                               .program = draft.program,
                               .label = draft.label,
                               .store = draft.store,
                               .limit = draft.limit},
                    .hash = house::KeyHash(house::MakeKeyText(key_id, api_key_secret_))};
  return std::make_unique<KeyCreation>(
      ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), std::move(key),
      AnswerAs<v1::CreateKeyResponse>(request.program()));
}

void KeyHandlers::Create(const Call& call, const v1::CreateKeyRequest& request,
                         Reply<v1::CreateKeyResponse> reply) {
  absl::StatusOr<std::unique_ptr<KeyCreation>> creation = CreationOf(call, request);
  if (!creation.ok()) return reply.Finish(creation.status());
  PostWithSecret(call, request, creations_, *std::move(creation), std::move(reply));
}

template <class Req, class Resp>
void KeyHandlers::PostWithSecret(const Call& call, const Req& request, ledger::MutationKind& kind,
                                 std::unique_ptr<ledger::Mutation> mutation, Reply<Resp> reply) {
  if (absl::Status filled =
          rpc::FillEnvelope(call, request, reply.fingerprints(), mutation->envelope);
      !filled.ok()) {
    return reply.Finish(std::move(filled));
  }
  poster_.Submit(kind, std::move(mutation), [this, reply](ledger::Outcome outcome) {
    if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
    Resp& response = reply.response();
    if (absl::Status parsed = rpc::ParseAnswer(*outcome.answer, response); !parsed.ok()) {
      return reply.Finish(std::move(parsed));
    }
    const absl::StatusOr<KeyId> key_id = KeyId::Parse(response.key().key_id());
    if (!key_id.ok()) return reply.Finish(key_id.status());
    response.set_secret(house::MakeKeyText(*key_id, api_key_secret_, response.key().generation()));
    outcome.replayed ? reply.FinishReplayed() : reply.Finish(absl::OkStatus());
  });
}

absl::Status KeyHandlers::List(const Call& call, const v1::ListKeysRequest& request,
                               v1::ListKeysResponse& response) {
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  // A key that is bound to a program sees only that one's; its tokens lead nowhere else.
  const int32_t token_program = call.bound_to.value_or(call.program.number);
  ASSIGN_OR_RETURN(const std::string cursor, shell_.page_tokens().Open(request, token_program));
  std::optional<KeyId> before;
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(before, KeyId::Parse(cursor));
  }
  std::vector<house::KeyRecord> keys;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(call.deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(keys, house::ListKeys(tx, before, call.bound_to, size + 1));
    return absl::OkStatus();
  }));
  if (keys.size() > static_cast<size_t>(size)) {
    keys.resize(size);
    response.set_next_page_token(
        shell_.page_tokens().Make(request, token_program, keys.back().key_id.ToString()));
  }
  for (const house::KeyRecord& key : keys) {
    ASSIGN_OR_RETURN(const std::string code, CodeOf(key.program, call.deadline));
    ToProto(key, code, *response.add_keys());
  }
  return absl::OkStatus();
}

absl::StatusOr<KeyHandlers::Named> KeyHandlers::KeyOf(const Call& call, const std::string& key_id) {
  const absl::StatusOr<KeyId> parsed = KeyId::Parse(key_id);
  if (!parsed.ok()) return InField(parsed.status(), "key_id");
  ASSIGN_OR_RETURN(const house::KeyRecord key, FindKey(call, *parsed));
  ASSIGN_OR_RETURN(std::string code, CodeOf(key.program, call.deadline));
  return Named{*parsed, std::move(code)};
}

void KeyHandlers::Set(const Call& call, const v1::SetKeyRequest& request,
                      Reply<v1::SetKeyResponse> reply) {
  if (absl::Status label = CheckLabel(request.label()); !label.ok()) {
    return reply.Finish(std::move(label));
  }
  const absl::StatusOr<house::CallLimit> limit = CompleteLimit(LimitOf(request.rate_limit()));
  if (!limit.ok()) return reply.Finish(limit.status());
  const absl::StatusOr<Named> named = KeyOf(call, request.key_id());
  if (!named.ok()) return reply.Finish(named.status());
  rpc::Post(poster_, call, request, changes_,
            std::make_unique<KeySetting>(
                ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), named->key_id,
                AnswerAs<v1::SetKeyResponse>(named->program_code), request.label(), *limit),
            std::move(reply));
}

void KeyHandlers::Rotate(const Call& call, const v1::RotateKeyRequest& request,
                         Reply<v1::RotateKeyResponse> reply) {
  const absl::StatusOr<absl::Duration> overlap = OverlapOf(request.overlap_seconds());
  if (!overlap.ok()) return reply.Finish(overlap.status());
  const absl::StatusOr<Named> named = KeyOf(call, request.key_id());
  if (!named.ok()) return reply.Finish(named.status());
  PostWithSecret(
      call, request, changes_,
      std::make_unique<KeyRotation>(
          ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), named->key_id,
          AnswerAs<v1::RotateKeyResponse>(named->program_code), *overlap, api_key_secret_),
      std::move(reply));
}

void KeyHandlers::Revoke(const Call& call, const v1::RevokeKeyRequest& request,
                         Reply<v1::RevokeKeyResponse> reply) {
  const absl::StatusOr<Named> named = KeyOf(call, request.key_id());
  if (!named.ok()) return reply.Finish(named.status());
  rpc::Post(poster_, call, request, changes_,
            std::make_unique<KeyRevocation>(
                ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), named->key_id,
                AnswerAs<v1::RevokeKeyResponse>(named->program_code)),
            std::move(reply));
}

absl::StatusOr<house::KeyRecord> KeyHandlers::FindKey(const Call& call, const KeyId& key_id) {
  std::vector<house::KeyRecord> found;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = call.deadline}, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(found, house::ReadKeys(tx, {key_id}));
    return absl::OkStatus();
  }));
  const bool visible = !found.empty() && (!call.bound_to || found.front().program == call.bound_to);
  if (!visible) return NoSuchKey(key_id);
  return found.front();
}

absl::StatusOr<int32_t> KeyHandlers::ProgramOf(const Call& call, const std::string& code) {
  const absl::StatusOr<ledger::Program> program = programs_.Find(code, call.deadline);
  const bool another = program.ok() && call.bound_to && program->number != *call.bound_to;
  // One answer for what does not exist and what is another's.
  if (another || ReasonOf(program.status()) == Reason::kProgramNotFound) {
    return FieldError(Reason::kProgramNotFound, "program",
                      "there is no such program, or the key may not see it");
  }
  RETURN_IF_ERROR(program.status());
  return program->number;
}

absl::StatusOr<std::string> KeyHandlers::CodeOf(const std::optional<int32_t>& program,
                                                absl::Time deadline) {
  if (!program) return std::string();
  ASSIGN_OR_RETURN(const ledger::Program found, programs_.Find(*program, deadline));
  return found.code;
}

}  // namespace

std::unique_ptr<grpc::Service> MakeKeyService(rpc::Shell& shell, pg::Pool& pool,
                                              ledger::Poster& poster,
                                              ledger::ProgramDirectory& programs,
                                              base::IdSource& ids, std::string api_key_secret) {
  return std::make_unique<KeyHandlers>(shell, pool, poster, programs, ids,
                                       std::move(api_key_secret));
}

}  // namespace gratis::ledger_service
