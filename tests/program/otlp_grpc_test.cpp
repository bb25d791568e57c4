// --grpc.listen-address: the module beside the program is loaded and takes OTLP.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/strings.h"
#include "tests/program/program.h"

namespace tocsin::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The libraries that are mapped into a process.
std::string MapsOf(pid_t pid) {
  std::ifstream maps(Cat("/proc/", pid, "/maps"));
  std::stringstream text;
  text << maps.rdbuf();
  return text.str();
}

std::string GrpcAddress(const RunningProgram& program) {
  const std::string output = program.Output();
  const size_t line = output.find("Start listening for gRPC");
  EXPECT_NE(line, std::string::npos) << output;
  const size_t port = output.find("port=", line);
  return Cat("127.0.0.1:", std::atoi(output.c_str() + port + 5));
}

TEST(OtlpGrpcProgramTest, ExportsAreTakenAndQueried) {
  const TemporaryFolder folder;
  const std::string config = folder.Write("prometheus.yml", "global: {}\n");
  RunningProgram program(folder, config, {"--grpc.listen-address=127.0.0.1:0"});
  EXPECT_EQ(std::system(Cat(OTLP_GRPC_CLIENT, " ", GrpcAddress(program), " temperature 21.5").c_str()), 0);
  EXPECT_THAT(program.Get("/api/v1/query?query=temperature"), HasSubstr("\"21.5\""));
  EXPECT_EQ(program.Stop(SIGTERM).exit_code, 0);
}

TEST(OtlpGrpcProgramTest, CostsNothingWithoutTheFlag) {
  const TemporaryFolder folder;
  RunningProgram program(folder, folder.Write("prometheus.yml", "global: {}\n"));
  EXPECT_THAT(MapsOf(program.pid()), Not(HasSubstr("grpc")));
  EXPECT_THAT(MapsOf(program.pid()), HasSubstr("libssl")) << "the list is that of the program";
}

TEST(OtlpGrpcProgramTest, AnAddressThatCannotBeUsedStopsTheStart) {
  const TemporaryFolder folder;
  const std::string config = folder.Write("prometheus.yml", "global: {}\n");
  const Finished finished = RunProgram({Cat("--config.file=", config), Cat("--storage.tsdb.path=", folder.path(), "/data"),
                                        "--web.listen-address=127.0.0.1:0", "--grpc.listen-address=256.0.0.1:1"});
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_THAT(finished.output, HasSubstr("gRPC on 256.0.0.1:1"));
}

}  // namespace
}  // namespace tocsin::test
