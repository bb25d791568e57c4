#pragma once

#include <memory>

#include "storage/head_core.h"

namespace tocsin {

/// An appender of the head: collects samples that pass the checks, and hands them to the core on Commit.
std::unique_ptr<Appender> MakeHeadAppender(HeadCore& core);

}  // namespace tocsin
