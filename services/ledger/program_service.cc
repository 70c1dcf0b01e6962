#include "services/ledger/program_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/posting.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/programs.grpc.pb.h"
#include "services/ledger/ledger_convert.h"
#include "services/ledger/ledger_rules.h"
#include "services/ledger/programs.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::Call;
using rpc::Reply;

std::string CreatedAnswer(const ledger::Program& program) {
  v1::CreateProgramResponse response;
  ToProto(program, *response.mutable_program());
  return response.SerializeAsString();
}

class ProgramHandlers final : public v1::ProgramService::CallbackService {
 public:
  ProgramHandlers(rpc::Shell& shell, ledger::Poster& poster, ledger::ProgramDirectory& programs,
                  const vault::Vault& vault, base::IdSource& ids)
      : shell_(shell), poster_(poster), programs_(programs), vault_(vault), ids_(ids) {}

  grpc::ServerUnaryReactor* CreateProgram(grpc::CallbackServerContext* context,
                                          const v1::CreateProgramRequest* request,
                                          v1::CreateProgramResponse* response) override {
    return shell_.Mutate<v1::CreateProgramRequest, v1::CreateProgramResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto reply) { Create(call, req, reply); },
        rpc::Scope::kHouse);
  }
  grpc::ServerUnaryReactor* GetProgram(grpc::CallbackServerContext* context,
                                       const v1::GetProgramRequest* request,
                                       v1::GetProgramResponse* response) override {
    return shell_.Read<v1::GetProgramRequest, v1::GetProgramResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return Get(call, req, resp); },
        rpc::Scope::kHouse);
  }
  grpc::ServerUnaryReactor* ListPrograms(grpc::CallbackServerContext* context,
                                         const v1::ListProgramsRequest* request,
                                         v1::ListProgramsResponse* response) override {
    return shell_.Read<v1::ListProgramsRequest, v1::ListProgramsResponse>(
        context, request, response,
        [this](const Call& call, const auto& req, auto& resp) { return List(call, req, resp); },
        rpc::Scope::kHouse);
  }

 private:
  void Create(const Call& call, const v1::CreateProgramRequest& request,
              Reply<v1::CreateProgramResponse> reply);
  absl::Status Get(const Call& call, const v1::GetProgramRequest& request,
                   v1::GetProgramResponse& response);
  absl::Status List(const Call& call, const v1::ListProgramsRequest& request,
                    v1::ListProgramsResponse& response);

  rpc::Shell& shell_;
  ledger::Poster& poster_;
  ledger::ProgramDirectory& programs_;
  const vault::Vault& vault_;
  base::IdSource& ids_;
  ProgramCreations creations_;
};

void ProgramHandlers::Create(const Call& call, const v1::CreateProgramRequest& request,
                             Reply<v1::CreateProgramResponse> reply) {
  if (call.bound_to) {
    return reply.Finish(
        Error(Reason::kRoleNotAllowed, "a key that is bound to a program makes no other programs"));
  }
  absl::StatusOr<ProgramDraft> draft = CompleteProgram({.code = request.code(),
                                                        .display_name = request.display_name(),
                                                        .currency_code = request.currency_code(),
                                                        .time_zone = request.time_zone(),
                                                        .partitions = request.partition_count()});
  if (!draft.ok()) return reply.Finish(draft.status());
  ledger::DirectoryKey name{ledger::DirectoryKind::kProgramCode,
                            vault_.LookupKey(ledger::kHouseProgram, "program-code", draft->code)};
  auto creation = std::make_unique<ProgramCreation>(
      ledger::TransactionOfProgram(call.program, ids_.Next(call.now)), *std::move(draft),
      std::move(name), CreatedAnswer);
  rpc::Post(poster_, call, request, creations_, std::move(creation), std::move(reply));
}

absl::Status ProgramHandlers::Get(const Call& call, const v1::GetProgramRequest& request,
                                  v1::GetProgramResponse& response) {
  if (request.code().empty()) {
    return FieldError(Reason::kFieldMissing, "code", "which program?");
  }
  const absl::StatusOr<ledger::Program> program = programs_.Find(request.code(), call.deadline);
  const bool may_see = program.ok() && program->number != ledger::kHouseProgram &&
                       (!call.bound_to || *call.bound_to == program->number);
  // One answer for what does not exist and what is another's.
  if (!may_see && (program.ok() || ReasonOf(program.status()) == Reason::kProgramNotFound)) {
    return Error(Reason::kProgramNotFound, absl::StrCat("there is no program \"", request.code(),
                                                        "\", or this key may not see it"));
  }
  RETURN_IF_ERROR(program.status());
  ToProto(*program, *response.mutable_program());
  return absl::OkStatus();
}

absl::Status ProgramHandlers::List(const Call& call, const v1::ListProgramsRequest& request,
                                   v1::ListProgramsResponse& response) {
  if (call.bound_to) {
    ASSIGN_OR_RETURN(const ledger::Program own, programs_.Find(*call.bound_to, call.deadline));
    ToProto(own, *response.add_programs());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int32_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string after,
                   shell_.page_tokens().Open(request, call.program.number));
  ASSIGN_OR_RETURN(std::vector<ledger::Program> programs,
                   programs_.List(after, size + 1, call.deadline));
  if (programs.size() > static_cast<size_t>(size)) {
    programs.resize(size);
    response.set_next_page_token(
        shell_.page_tokens().Make(request, call.program.number, programs.back().code));
  }
  for (const ledger::Program& program : programs) ToProto(program, *response.add_programs());
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeProgramService(rpc::Shell& shell, ledger::Poster& poster,
                                                  ledger::ProgramDirectory& programs,
                                                  const vault::Vault& vault, base::IdSource& ids) {
  return std::make_unique<ProgramHandlers>(shell, poster, programs, vault, ids);
}

}  // namespace gratis::ledger_service
