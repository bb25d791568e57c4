#include "promql/active_query_tracker.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/memory/memory.h"
#include "base/check.h"
#include "base/env.h"
#include "base/json/writer.h"
#include "base/log.h"
#include "base/strings.h"

namespace tocsin::promql {

namespace {

size_t FileBytes(int places) { return 1 + static_cast<size_t>(places) * ActiveQueryTracker::kPlaceBytes; }

std::string EntryText(std::string_view query, int64_t now_s) {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject();
  json.Field("query", query);
  json.Key("timestamp_sec");
  json.Int(now_s);
  json.EndObject();
  return text;
}

/// The first `size` bytes of a query at most, and no part of a character.
std::string_view Shortened(std::string_view query, size_t size) {
  if (size >= query.size()) {
    return query;
  }
  while (size > 0 && (static_cast<unsigned char>(query[size]) & 0xc0) == 0x80) {
    --size;
  }
  return query.substr(0, size);
}

}  // namespace

std::string ActiveQueryTracker::Unfinished(std::string text) {
  std::erase(text, '\0');
  if (text.size() <= 1) {
    return "";
  }
  text.back() = ']';
  return text;
}

absl::StatusOr<std::unique_ptr<ActiveQueryTracker>> ActiveQueryTracker::Open(const std::string& path, int places, const Clock& clock) {
  if (const absl::StatusOr<std::string> left = SystemEnv().ReadFile(path); left.ok()) {
    if (const std::string queries = Unfinished(*left); !queries.empty()) {
      LogInfo("These queries didn't finish in the last run:", {{"queries", queries}});
    }
  }
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    return absl::UnavailableError(Cat("open ", path, ": ", std::strerror(errno)));
  }
  const absl::Cleanup close = [descriptor] { ::close(descriptor); };
  // The blocks are reserved: a page of a mapping that the full disk has no room for would end the program.
  if (const int error = ::posix_fallocate(descriptor, 0, static_cast<off_t>(FileBytes(places))); error != 0) {
    return absl::UnavailableError(Cat("write ", path, ": ", std::strerror(error)));
  }
  void* file = ::mmap(nullptr, FileBytes(places), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (file == MAP_FAILED) {
    return absl::UnavailableError(Cat("mmap ", path, ": ", std::strerror(errno)));
  }
  return absl::WrapUnique(new ActiveQueryTracker(static_cast<char*>(file), places, clock));
}

ActiveQueryTracker::ActiveQueryTracker(char* file, int places, const Clock& clock)
    : file_(file), file_bytes_(FileBytes(places)), clock_(clock) {
  file_[0] = '[';
  for (int i = places - 1; i >= 0; --i) {
    free_.push_back(static_cast<size_t>(i));
  }
}

ActiveQueryTracker::~ActiveQueryTracker() { ::munmap(file_, file_bytes_); }

size_t ActiveQueryTracker::Insert(std::string_view query) {
  size_t place = 0;
  {
    const MutexLock lock(mu_);
    TOCSIN_CHECK(!free_.empty());
    place = free_.back();
    free_.pop_back();
  }
  const int64_t now_s = clock_.NowMs() / 1000;
  std::string text = EntryText(Shortened(query, kPlaceBytes), now_s);
  for (size_t size = std::min(query.size(), kPlaceBytes); text.size() >= kPlaceBytes;
       size -= std::min(size, text.size() - kPlaceBytes + 1)) {
    text = EntryText(Shortened(query, size), now_s);
  }
  char* bytes = At(place);
  std::copy(text.begin(), text.end(), bytes);
  bytes[kPlaceBytes - 1] = ',';
  return place;
}

void ActiveQueryTracker::Delete(size_t place) {
  char* bytes = At(place);
  std::fill(bytes, bytes + kPlaceBytes, '\0');
  const MutexLock lock(mu_);
  free_.push_back(place);
}

ActiveQueryTracker::Entry::Entry(ActiveQueryTracker* tracker, std::string_view query)
    : tracker_(tracker), place_(tracker == nullptr ? 0 : tracker->Insert(query)) {}

ActiveQueryTracker::Entry::~Entry() {
  if (tracker_ != nullptr) {
    tracker_->Delete(place_);
  }
}

}  // namespace tocsin::promql
