#pragma once

namespace gratis::cli {

// `gratis`, the operator's tool: parses the command line, runs the command, writes its answer to
// standard output and its error to standard error. Returns one of ExitCode.
int Main(int argc, const char* const* argv);

}  // namespace gratis::cli
