// The first byte chooses: a commit record, a checkpoint block, or a file of frames. What was replayed is read as well.
#include <cstddef>
#include <cstdint>

#include "storage/head.h"
#include "storage/head_core.h"
#include "storage/wal/frame.h"
#include "storage/wal/replay.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  if (data[0] % 3 == 2) {
    tocsin::FrameReader reader({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, 0);
    tocsin::FrameReader::Frame frame;
    size_t skipped = 0;
    while (reader.Next(&frame, &skipped)) {
    }
    return 0;
  }
  const tocsin::ManualClock clock;
  const auto head = tocsin::Head::OpenMemoryOnly({}, clock);
  if (data[0] % 3 == 0) {
    tocsin::ReplayRecord(head->core(), bytes);
  } else {
    tocsin::ReplayCheckpointBlock(head->core(), bytes);
  }
  auto querier = head->OpenQuerier(tocsin::kMinTimestamp, tocsin::kMaxTimestamp);
  const std::vector<tocsin::Matcher> all = {*tocsin::Matcher::Create(tocsin::MatchType::kRegexp, "__name__", ".*")};
  const auto selected = (*querier)->Select(all, {});
  for (const auto& series : *selected) {
    tocsin::SampleColumns samples;
    series->Read(tocsin::kMinTimestamp, tocsin::kMaxTimestamp, &samples);
    tocsin::Sample last;
    series->ReadLast(tocsin::kMinTimestamp, tocsin::kMaxTimestamp, &last);
  }
  return 0;
}
