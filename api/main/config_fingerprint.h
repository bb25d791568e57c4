#pragma once

#include <string>

#include "engine/config/config.h"

namespace tocsin {

/// Changes when the contents of the configuration's files change: the file itself, its rule files and its scrape config files, or which of
/// these there are. For --config.auto-reload.
std::string ConfigFingerprint(const Config& config);

}  // namespace tocsin
