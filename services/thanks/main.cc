#include "common/app/app.h"
#include "services/thanks/thanks_module.h"

int main(int argc, char** argv) {
  return gratis::app::Main("gratis-thanks", argc, argv, {gratis::thanks::MakeThanksModule});
}
