#include "services/ledger/key_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/house/keyring/keyring.h"
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

constexpr int32_t kPageSize = 50;
constexpr int32_t kMaxPageSize = 1'000;

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

class Handlers final : public v1::KeyService::CallbackService {
 public:
  Handlers(rpc::Shell& shell, pg::Pool& pool, ledger::Poster& poster,
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
  void Revoke(const Call& call, const v1::RevokeKeyRequest& request,
              Reply<v1::RevokeKeyResponse> reply);

  absl::StatusOr<std::unique_ptr<KeyCreation>> CreationOf(const Call& call,
                                                          const v1::CreateKeyRequest& request);
  absl::StatusOr<std::unique_ptr<KeyRevocation>> RevocationOf(const Call& call,
                                                              const v1::RevokeKeyRequest& request);
  // The key, if the caller may see it. Errors: KEY_NOT_FOUND.
  absl::StatusOr<house::KeyRecord> FindKey(const Call& call, const KeyId& key_id);
  absl::StatusOr<std::string> CodeOf(const std::optional<int32_t>& program, absl::Time deadline);

  rpc::Shell& shell_;
  pg::Pool& pool_;
  ledger::Poster& poster_;
  ledger::ProgramDirectory& programs_;
  base::IdSource& ids_;
  const std::string api_key_secret_;
  KeyCreations creations_;
  KeyRevocations revocations_;
};

absl::StatusOr<std::unique_ptr<KeyCreation>> Handlers::CreationOf(
    const Call& call, const v1::CreateKeyRequest& request) {
  KeyDraft draft{.role = RoleOf(request.role()), .program = {}, .label = request.label()};
  if (!request.program().empty()) {
    const absl::StatusOr<ledger::Program> program =
        programs_.Find(request.program(), call.deadline);
    if (!program.ok()) return InField(program.status(), "program");
    draft.program = program->number;
  }
  RETURN_IF_ERROR(CheckKey(draft, call.bound_to));
  const KeyId key_id{ids_.Next(call.now)};
  house::NewKey key{.record = {.key_id = key_id,
                               .role = draft.role,
                               .program = draft.program,
                               .label = draft.label,
                               .created_at = {},
                               .revoked_at = {}},
                    .hash = house::KeyHash(house::MakeKeyText(key_id, api_key_secret_))};
  return std::make_unique<KeyCreation>(
      ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), std::move(key),
      AnswerAs<v1::CreateKeyResponse>(request.program()));
}

void Handlers::Create(const Call& call, const v1::CreateKeyRequest& request,
                      Reply<v1::CreateKeyResponse> reply) {
  absl::StatusOr<std::unique_ptr<KeyCreation>> creation = CreationOf(call, request);
  if (!creation.ok()) return reply.Finish(creation.status());
  if (absl::Status filled =
          rpc::FillEnvelope(call, request, reply.fingerprints(), (*creation)->envelope);
      !filled.ok()) {
    return reply.Finish(std::move(filled));
  }
  // The stored answer has no secret: it is said anew, in the first answer and in every replay.
  poster_.Submit(creations_, *std::move(creation), [this, reply](ledger::Outcome outcome) {
    if (!outcome.answer.ok()) return reply.Finish(outcome.answer.status());
    v1::CreateKeyResponse& response = reply.response();
    if (absl::Status parsed = rpc::ParseAnswer(*outcome.answer, response); !parsed.ok()) {
      return reply.Finish(std::move(parsed));
    }
    const absl::StatusOr<KeyId> key_id = KeyId::Parse(response.key().key_id());
    if (!key_id.ok()) return reply.Finish(key_id.status());
    response.set_secret(house::MakeKeyText(*key_id, api_key_secret_));
    outcome.replayed ? reply.FinishReplayed() : reply.Finish(absl::OkStatus());
  });
}

absl::Status Handlers::List(const Call& call, const v1::ListKeysRequest& request,
                            v1::ListKeysResponse& response) {
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size(), kPageSize, kMaxPageSize));
  // A key that is bound to a program sees only that one's; its tokens lead nowhere else.
  const int32_t token_program = call.bound_to.value_or(call.program.number);
  ASSIGN_OR_RETURN(const std::string cursor, shell_.page_tokens().Open(request, token_program));
  std::optional<KeyId> before;
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(before, KeyId::Parse(cursor));
  }
  std::vector<house::KeyRecord> keys;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = call.deadline, .read_only = true}, [&](pg::Tx& tx) {
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

absl::StatusOr<std::unique_ptr<KeyRevocation>> Handlers::RevocationOf(
    const Call& call, const v1::RevokeKeyRequest& request) {
  const absl::StatusOr<KeyId> key_id = KeyId::Parse(request.key_id());
  if (!key_id.ok()) return InField(key_id.status(), "key_id");
  ASSIGN_OR_RETURN(const house::KeyRecord key, FindKey(call, *key_id));
  ASSIGN_OR_RETURN(const std::string code, CodeOf(key.program, call.deadline));
  return std::make_unique<KeyRevocation>(
      ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), *key_id,
      AnswerAs<v1::RevokeKeyResponse>(code));
}

void Handlers::Revoke(const Call& call, const v1::RevokeKeyRequest& request,
                      Reply<v1::RevokeKeyResponse> reply) {
  absl::StatusOr<std::unique_ptr<KeyRevocation>> revocation = RevocationOf(call, request);
  if (!revocation.ok()) return reply.Finish(revocation.status());
  rpc::Post(poster_, call, request, revocations_, *std::move(revocation), std::move(reply));
}

absl::StatusOr<house::KeyRecord> Handlers::FindKey(const Call& call, const KeyId& key_id) {
  std::vector<house::KeyRecord> found;
  RETURN_IF_ERROR(pg::RunTx(pool_, {.deadline = call.deadline}, [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(found, house::ReadKeys(tx, {key_id}));
    return absl::OkStatus();
  }));
  const bool visible = !found.empty() && (!call.bound_to || found.front().program == call.bound_to);
  if (!visible) return NoSuchKey(key_id);
  return found.front();
}

absl::StatusOr<std::string> Handlers::CodeOf(const std::optional<int32_t>& program,
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
  return std::make_unique<Handlers>(shell, pool, poster, programs, ids, std::move(api_key_secret));
}

}  // namespace gratis::ledger_service
