#include "api/main/commands.h"

int main(int argc, char** argv) { return tocsin::RunCommandLine(argc, argv); }
