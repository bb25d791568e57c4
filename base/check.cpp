#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tocsin::check_internal {

void Fail(const char* file, int line, const std::string& text) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, text.c_str());
  std::abort();
}

}  // namespace tocsin::check_internal
