#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "services/cli/cli.h"

int main(int argc, char** argv) {
  const int code = gratis::cli::Main(argc, argv);
  std::cout.flush();
  std::fflush(nullptr);
  // Not by exit(): gRPC's threads are still there, and now and then one of them falls over what
  // exit() takes down, after all was done and said.
  std::_Exit(code);
}
