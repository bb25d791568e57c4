#include "tests/support/temp_dir.h"

#include <stdlib.h>

#include "base/check.h"

namespace tocsin::test {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "tocsin_test_XXXXXX").string();
  TOCSIN_CHECK(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tocsin::test
