// fake_kubernetes --port N --objects FILE.json: serves the objects of the file as a Kubernetes API server does. The file is read again
// when it changes; what is wrong with it is said and the objects stay.

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>

#include "base/strings.h"
#include "tests/doubles/fake_kubernetes.h"

namespace {

constexpr std::chrono::milliseconds kFileLook{200};

// What changes when a file is written or replaced.
std::tuple<ino_t, long, long> FileState(const std::string& path) {
  struct stat info{};
  stat(path.c_str(), &info);
  return {info.st_ino, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

void LoadObjects(const std::string& path, tocsin::test::FakeKubernetes* fake) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  const absl::Status status = file ? fake->Replace(text.str()) : absl::NotFoundError("cannot be read");
  if (!status.ok()) {
    std::fprintf(stderr, "fake_kubernetes: %s: %s\n", path.c_str(), std::string(status.message()).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  int port = 0;
  std::string objects;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--port") {
      port = std::atoi(argv[i + 1]);
    } else if (flag == "--objects") {
      objects = argv[i + 1];
    } else {
      std::fprintf(stderr, "usage: fake_kubernetes --port N --objects FILE.json\n");
      return 2;
    }
  }
  auto fake = tocsin::test::FakeKubernetes::Start(port);
  if (!fake.ok()) {
    std::fprintf(stderr, "fake_kubernetes: %s\n", std::string(fake.status().message()).c_str());
    return 1;
  }
  std::printf("%s\n", (*fake)->url().c_str());
  std::fflush(stdout);
  std::atomic<bool> stop = false;
  std::thread watcher([&] {
    auto state = FileState("");
    while (!stop && !objects.empty()) {
      if (const auto now = FileState(objects); now != state) {
        state = now;
        LoadObjects(objects, fake->get());
      }
      std::this_thread::sleep_for(kFileLook);
    }
  });
  tocsin::test::WaitForTermination();
  stop = true;
  watcher.join();
  return 0;
}
