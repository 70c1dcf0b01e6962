#include "services/thanks/messages_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/metadata.h"
#include "gratis/messages/v1/messages.grpc.pb.h"

namespace gratis::thanks {
namespace {

// More than all triggers make of one purchase.
constexpr int32_t kMostSaid = 200;

}  // namespace

absl::StatusOr<std::vector<messages::v1::Message>> MessagesClient::About(
    const ledger::Program& program, const MemberId& member, const PurchaseId& purchase,
    absl::Time deadline) const {
  messages::v1::ListMessagesRequest request;
  request.set_member_id(member.ToString());
  request.set_purchase_id(purchase.ToString());
  request.set_page_size(kMostSaid);
  messages::v1::ListMessagesResponse response;
  grpc::ClientContext context;
  rpc::Begin(program.code, deadline, context);
  // What was said before a merge stays with whom it was said to.
  context.AddMetadata(rpc::kAsNamedKey, "true");
  const grpc::Status status =
      messages::v1::MessageService::NewStub(channel_())->ListMessages(&context, request, &response);
  if (!status.ok()) return rpc::FromPeer(status);
  return std::vector<messages::v1::Message>(response.messages().begin(), response.messages().end());
}

}  // namespace gratis::thanks
