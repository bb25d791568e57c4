#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace tocsin::promql {

/// A file of the queries that run now, as upstream's queries.active: after a crash it names those that may have been the cause.
/// One '[', then a place of kPlaceBytes for each query that may run: {"query":"...","timestamp_sec":N}, zeros, and a comma at its end.
/// Threads: safe.
class ActiveQueryTracker {
 public:
  static constexpr size_t kPlaceBytes = 1000;

  /// Logs what the last run left in the file, then empties it.
  static absl::StatusOr<std::unique_ptr<ActiveQueryTracker>> Open(const std::string& path, int places, const Clock& clock);
  ~ActiveQueryTracker();
  ActiveQueryTracker(const ActiveQueryTracker&) = delete;
  ActiveQueryTracker& operator=(const ActiveQueryTracker&) = delete;

  /// A query's place while it runs. There is always one while no more queries run than there are places.
  class Entry {
   public:
    Entry(ActiveQueryTracker* tracker, std::string_view query);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    ActiveQueryTracker* tracker_;  // null: nothing is tracked
    size_t place_ = 0;
  };

  /// The JSON array of the queries in the text of such a file; "" when there are none.
  static std::string Unfinished(std::string text);

 private:
  ActiveQueryTracker(char* file, int places, const Clock& clock);

  size_t Insert(std::string_view query);
  void Delete(size_t place);
  /// The place's bytes in the mapping.
  char* At(size_t place) const { return file_ + 1 + place * kPlaceBytes; }

  char* const file_;  ///< mapped: a query costs no call to the kernel
  const size_t file_bytes_;
  const Clock& clock_;
  Mutex mu_;
  std::vector<size_t> free_ GUARDED_BY(mu_);
};

}  // namespace tocsin::promql
