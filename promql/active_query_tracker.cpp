#include "promql/active_query_tracker.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/env.h"
#include "base/json/writer.h"
#include "base/log.h"
#include "base/strings.h"

namespace tocsin::promql {

namespace {

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
  std::unique_ptr<ActiveQueryTracker> tracker(new ActiveQueryTracker(descriptor, places, clock));
  const off_t size = static_cast<off_t>(1 + static_cast<size_t>(places) * kPlaceBytes);
  if (::ftruncate(descriptor, size) != 0 || ::pwrite(descriptor, "[", 1, 0) != 1) {
    return absl::UnavailableError(Cat("write ", path, ": ", std::strerror(errno)));
  }
  return tracker;
}

ActiveQueryTracker::ActiveQueryTracker(int descriptor, int places, const Clock& clock) : descriptor_(descriptor), clock_(clock) {
  for (int i = places - 1; i >= 0; --i) {
    free_.push_back(static_cast<size_t>(i));
  }
}

ActiveQueryTracker::~ActiveQueryTracker() { ::close(descriptor_); }

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
  text.resize(kPlaceBytes - 1, '\0');
  Write(place, text + ",");
  return place;
}

void ActiveQueryTracker::Delete(size_t place) {
  Write(place, std::string(kPlaceBytes, '\0'));
  const MutexLock lock(mu_);
  free_.push_back(place);
}

// A full disk does not stop queries: the file then names the wrong ones.
void ActiveQueryTracker::Write(size_t place, std::string text) const {
  if (::pwrite(descriptor_, text.data(), text.size(), static_cast<off_t>(1 + place * kPlaceBytes)) < 0) {
    LogDebug("the file of active queries cannot be written", {{"err", std::strerror(errno)}});
  }
}

ActiveQueryTracker::Entry::Entry(ActiveQueryTracker* tracker, std::string_view query)
    : tracker_(tracker), place_(tracker == nullptr ? 0 : tracker->Insert(query)) {}

ActiveQueryTracker::Entry::~Entry() {
  if (tracker_ != nullptr) {
    tracker_->Delete(place_);
  }
}

}  // namespace tocsin::promql
