#pragma once

#include <memory>

#include "storage/head_core.h"

namespace tocsin {

/// A querier of the head: what was committed when it was opened.
std::unique_ptr<Querier> MakeHeadQuerier(HeadCore& core, TimestampMs min_t, TimestampMs max_t);

}  // namespace tocsin
