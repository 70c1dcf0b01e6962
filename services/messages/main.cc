#include "common/app/app.h"
#include "services/messages/messages_module.h"

int main(int argc, char** argv) {
  return gratis::app::Main("gratis-messages", argc, argv, {gratis::messages::MakeMessagesModule});
}
