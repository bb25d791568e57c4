#pragma once

#include "base/model/histogram.h"
#include "storage/wal/byte_buffer.h"
#include "storage/wal/byte_reader.h"

namespace tocsin {

/// A histogram in the log and in checkpoints, its counter reset hint apart. Drawn in storage/FORMAT.md.
void PutHistogram(const FloatHistogram& histogram, ByteBuffer* out);

/// False for bytes that are none, or one whose spans and counts contradict each other.
bool TakeHistogram(ByteReader* in, FloatHistogram* out);

}  // namespace tocsin
