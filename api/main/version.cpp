#include "api/main/version.h"

#include "base/strings.h"

namespace tocsin {

api::BuildInfo ThisBuild() {
  return {.version = std::string(kPrometheusVersion),
          .revision = Cat("tocsin-", TOCSIN_VERSION),
          .branch = "tocsin",
          .build_user = "tocsin",
          .build_date = "",
          .go_version = Cat("c++20 gcc", __GNUC__, ".", __GNUC_MINOR__)};
}

std::string VersionText() {
  return Cat("tocsin, version ", TOCSIN_VERSION, " (answers as prometheus, version ", kPrometheusVersion, ")\n  platform:         linux/",
#if defined(__x86_64__)
             "amd64",
#elif defined(__aarch64__)
             "arm64",
#else
             "other",
#endif
             "\n");
}

}  // namespace tocsin
