#pragma once

#include "api/main/cli.h"

namespace tocsin {

/// The whole program; returns its exit code: 0, 1 (a failure), 2 (a wrong flag of the server), 3 (fatal lints).
int RunCommandLine(int argc, char** argv);

/// The server, until it is told to end. In server.cpp.
int Serve(const CommandLine& line);

}  // namespace tocsin
