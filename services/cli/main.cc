#include "services/cli/cli.h"

int main(int argc, char** argv) { return gratis::cli::Main(argc, argv); }
