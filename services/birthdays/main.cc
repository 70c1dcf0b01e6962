#include "common/app/app.h"
#include "services/birthdays/birthdays_module.h"

int main(int argc, char** argv) {
  return gratis::app::Main("gratis-birthdays", argc, argv,
                           {gratis::birthdays::MakeBirthdaysModule});
}
