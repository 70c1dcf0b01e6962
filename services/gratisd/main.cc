#include "common/app/app.h"
#include "services/birthdays/birthdays_module.h"
#include "services/ledger/ledger_module.h"
#include "services/members/members_module.h"
#include "services/messages/messages_module.h"
#include "services/thanks/thanks_module.h"

int main(int argc, char** argv) {
  return gratis::app::Main(
      "gratisd", argc, argv,
      {gratis::ledger_service::MakeModule, gratis::members::MakeMembersModule,
       gratis::birthdays::MakeBirthdaysModule, gratis::thanks::MakeThanksModule,
       gratis::messages::MakeMessagesModule});
}
