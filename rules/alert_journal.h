#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "rules/alert.h"
#include "rules/journal_record.h"

namespace tocsin::rules {

/// Keeps the state of all alerts on disk, so that no kill changes what people are told. A record is handed to the kernel before the
/// evaluation goes on; the file is written anew when it has grown to a multiple of what it says.
///
///   alerts.journal = record*          (journal_record.h draws a record)
///
/// Reading stops at the first damaged record; what stands before it counts. When the file cannot be written (a full disk), rules go on from
/// memory, each change that is not on disk is counted, and with the evaluations of groups it is tried to write the whole file anew.
/// Threads: safe.
class AlertJournal {
 public:
  /// The file is written anew when it is larger than this and than four times its live content.
  static constexpr uint64_t kCompactBytes = 1 << 20;
  /// The disk is asked to keep what was written at least that often, by the groups' evaluation times.
  static constexpr DurationMs kSyncIntervalMs = 5 * kSecond;

  /// What an earlier process left of a rule.
  struct Restored {
    std::vector<Alert> alerts;
    TimestampMs last_evaluation = 0;
  };

  /// Reads what there is in `folder` (made when missing) and begins a new file. `on_failure` is called whenever a write fails.
  static absl::StatusOr<std::unique_ptr<AlertJournal>> Open(const std::string& folder, std::function<void()> on_failure);
  ~AlertJournal();

  /// The state that an earlier process left of a rule, once; of a rule that has moved from another group too. Nothing when it left none.
  std::optional<Restored> TakeRestored(const std::string& group, const std::string& rule);

  /// The alerts of a rule after an evaluation. Writes what is new of their states; a change of value alone is not.
  void WriteRule(const std::string& group, const std::string& rule, const std::vector<Alert>& alerts);

  /// The group has been evaluated at `ts`: the time until which it was up.
  void WriteEvaluation(const std::string& group, TimestampMs ts);

  /// Groups that no longer exist are forgotten.
  void KeepGroups(const std::vector<std::string>& groups);

 private:
  struct RuleState {
    absl::flat_hash_map<Labels, Alert> alerts;
  };
  struct GroupState {
    absl::flat_hash_map<std::string, RuleState, StringHash, StringEq> rules;
    TimestampMs last_evaluation = 0;
  };
  using State = absl::flat_hash_map<std::string, GroupState, StringHash, StringEq>;

  AlertJournal(std::string path, std::function<void()> on_failure) : path_(std::move(path)), on_failure_(std::move(on_failure)) {}

  void Load(std::string_view content);
  void Apply(const JournalRecord& record, State* state);
  void AppendRecords(const std::string& bytes) REQUIRES(mu_);
  /// Writes the file anew; false, with the old file as it was, when that fails.
  bool Compact() REQUIRES(mu_);
  static std::optional<Restored> Take(GroupState& group, std::string_view rule);

  const std::string path_;
  const std::function<void()> on_failure_;

  Mutex mu_;
  State restored_ GUARDED_BY(mu_);  // of the earlier process, until taken
  State live_ GUARDED_BY(mu_);
  int fd_ GUARDED_BY(mu_) = -1;
  bool torn_ GUARDED_BY(mu_) = false;  // the file may end in half a record: nothing is written behind it
  uint64_t file_bytes_ GUARDED_BY(mu_) = 0;
  uint64_t compacted_bytes_ GUARDED_BY(mu_) = 0;
  TimestampMs synced_at_ GUARDED_BY(mu_) = 0;
};

}  // namespace tocsin::rules
