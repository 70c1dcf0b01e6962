#include "common/app/app.h"
#include "services/members/members_module.h"

int main(int argc, char** argv) {
  return gratis::app::Main("gratis-members", argc, argv, {gratis::members::MakeMembersModule});
}
