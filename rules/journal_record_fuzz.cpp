#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rules/journal_record.h"

// Any bytes are records or damage, and what was read is written and read as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tocsin::rules;
  std::string_view content(reinterpret_cast<const char*>(data), size);
  JournalRecord record;
  while (TakeJournalRecord(&content, &record)) {
    std::string bytes;
    AppendJournalRecord(record, &bytes);
    std::string_view again(bytes);
    JournalRecord copy;
    if (!TakeJournalRecord(&again, &copy) || !again.empty() || copy.alert.labels != record.alert.labels) {
      std::abort();
    }
  }
  return 0;
}
