#include "common/app/app.h"
#include "services/ledger/ledger_module.h"

int main(int argc, char** argv) {
  return gratis::app::Main("gratis-ledger", argc, argv, {gratis::ledger_service::MakeModule});
}
