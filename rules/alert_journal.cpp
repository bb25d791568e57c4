#include "rules/alert_journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "base/log.h"

namespace tocsin::rules {
namespace {

constexpr const char* kFileName = "alerts.journal";
constexpr uint64_t kCompactFactor = 4;

/// Whether people would be told otherwise: all but value and annotations.
bool SameState(const Alert& a, const Alert& b) {
  return a.state == b.state && a.active_at == b.active_at && a.fired_at == b.fired_at && a.keep_firing_since == b.keep_firing_since &&
         a.resolved_at == b.resolved_at && a.last_sent_at == b.last_sent_at;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

JournalRecord AlertRecord(const std::string& group, const std::string& rule, const Alert& alert) {
  JournalRecord record;
  record.type = JournalRecord::Type::kAlert;
  record.group = group;
  record.rule = rule;
  record.alert = alert;
  return record;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AlertJournal>> AlertJournal::Open(const std::string& folder, std::function<void()> on_failure) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(Cat("cannot make ", folder, ": ", error.message()));
  }
  std::unique_ptr<AlertJournal> journal(new AlertJournal(Cat(folder, "/", kFileName), std::move(on_failure)));
  std::ifstream in(journal->path_, std::ios::binary);
  if (in) {
    const std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    journal->Load(content);
  }
  const MutexLock lock(journal->mu_);
  if (!journal->Compact()) {
    return absl::UnavailableError(Cat("cannot write ", journal->path_));
  }
  return journal;
}

AlertJournal::~AlertJournal() {
  const MutexLock lock(mu_);
  if (fd_ >= 0) {
    fdatasync(fd_);
    close(fd_);
  }
}

void AlertJournal::Apply(const JournalRecord& record, State* state) {
  GroupState& group = (*state)[record.group];
  switch (record.type) {
    case JournalRecord::Type::kEvaluation:
      group.last_evaluation = record.time;
      return;
    case JournalRecord::Type::kAlert:
      group.rules[record.rule].alerts[record.alert.labels] = record.alert;
      return;
    case JournalRecord::Type::kGone:
      group.rules[record.rule].alerts.erase(record.alert.labels);
      return;
    case JournalRecord::Type::kRule:
      group.rules.try_emplace(record.rule);
      return;
  }
}

void AlertJournal::Load(std::string_view content) {
  const size_t total = content.size();
  JournalRecord record;
  const MutexLock lock(mu_);
  while (TakeJournalRecord(&content, &record)) {
    Apply(record, &restored_);
  }
  if (!content.empty()) {
    LogWarn("The alert journal ends in a damaged record; what stands before it is used",
            {{"file", path_},
             {"at_byte", static_cast<uint64_t>(total - content.size())},
             {"dropped_bytes", static_cast<uint64_t>(content.size())}});
  }
  live_ = restored_;
}

std::optional<AlertJournal::Restored> AlertJournal::Take(GroupState& group, std::string_view rule) {
  const auto it = group.rules.find(rule);
  if (it == group.rules.end()) {
    return std::nullopt;
  }
  Restored restored;
  restored.last_evaluation = group.last_evaluation;
  for (auto& [labels, alert] : it->second.alerts) {
    restored.alerts.push_back(std::move(alert));
  }
  group.rules.erase(it);
  return restored;
}

std::optional<AlertJournal::Restored> AlertJournal::TakeRestored(const std::string& group, const std::string& rule) {
  const MutexLock lock(mu_);
  if (const auto it = restored_.find(group); it != restored_.end()) {
    if (auto taken = Take(it->second, rule)) {
      return taken;
    }
  }
  for (auto& [other, state] : restored_) {
    if (auto taken = Take(state, rule)) {
      return taken;
    }
  }
  return std::nullopt;
}

void AlertJournal::WriteRule(const std::string& group, const std::string& rule, const std::vector<Alert>& alerts) {
  std::string bytes;
  const MutexLock lock(mu_);
  auto& rules = live_[group].rules;
  const auto [it, is_new] = rules.try_emplace(rule);
  RuleState& state = it->second;
  if (is_new) {
    JournalRecord record;
    record.type = JournalRecord::Type::kRule;
    record.group = group;
    record.rule = rule;
    AppendJournalRecord(record, &bytes);
  }
  absl::flat_hash_map<Labels, Alert> now;
  for (const Alert& alert : alerts) {
    const auto known = state.alerts.find(alert.labels);
    if (known == state.alerts.end() || !SameState(known->second, alert)) {
      AppendJournalRecord(AlertRecord(group, rule, alert), &bytes);
      now.emplace(alert.labels, alert);
    } else {
      now.emplace(alert.labels, std::move(known->second));
    }
  }
  for (const auto& [labels, alert] : state.alerts) {
    if (!now.contains(labels)) {
      JournalRecord record = AlertRecord(group, rule, Alert());
      record.type = JournalRecord::Type::kGone;
      record.alert.labels = labels;
      AppendJournalRecord(record, &bytes);
    }
  }
  state.alerts = std::move(now);
  AppendRecords(bytes);
}

void AlertJournal::WriteEvaluation(const std::string& group, TimestampMs ts) {
  JournalRecord record;
  record.group = group;
  record.time = ts;
  std::string bytes;
  AppendJournalRecord(record, &bytes);
  const MutexLock lock(mu_);
  live_[group].last_evaluation = ts;
  if (torn_ && Compact()) {
    LogInfo("The alert journal is written again", {{"file", path_}});
    return;
  }
  AppendRecords(bytes);
  if (fd_ >= 0 && (ts - synced_at_ >= kSyncIntervalMs || ts < synced_at_)) {
    fdatasync(fd_);
    synced_at_ = ts;
  }
}

void AlertJournal::KeepGroups(const std::vector<std::string>& groups) {
  const MutexLock lock(mu_);
  State kept;
  for (const std::string& group : groups) {
    if (const auto it = live_.find(group); it != live_.end()) {
      kept.emplace(group, std::move(it->second));
    }
  }
  live_ = std::move(kept);
  Compact();
}

void AlertJournal::AppendRecords(const std::string& bytes) {
  if (bytes.empty()) {
    return;
  }
  if (torn_ || !WriteAll(fd_, bytes)) {
    const bool first = !torn_;
    torn_ = true;
    if (first && Compact()) {
      return;  // which holds this change too
    }
    on_failure_();
    return;
  }
  file_bytes_ += bytes.size();
  if (file_bytes_ > kCompactBytes && file_bytes_ > kCompactFactor * compacted_bytes_) {
    Compact();
  }
}

bool AlertJournal::Compact() {
  std::string bytes;
  for (const auto& [group_key, group] : live_) {
    JournalRecord evaluation;
    evaluation.group = group_key;
    evaluation.time = group.last_evaluation;
    AppendJournalRecord(evaluation, &bytes);
    for (const auto& [rule_key, rule] : group.rules) {
      JournalRecord record;
      record.type = JournalRecord::Type::kRule;
      record.group = group_key;
      record.rule = rule_key;
      AppendJournalRecord(record, &bytes);
      for (const auto& [labels, alert] : rule.alerts) {
        AppendJournalRecord(AlertRecord(group_key, rule_key, alert), &bytes);
      }
    }
  }
  const std::string temporary = path_ + ".new";
  const int fd = open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0 || !WriteAll(fd, bytes) || fdatasync(fd) != 0 || rename(temporary.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    LogError("The alert journal cannot be written, alert state is kept in memory only", {{"file", path_}, {"err", std::strerror(error)}});
    if (fd >= 0) {
      close(fd);
      unlink(temporary.c_str());  // it may be what fills the disk
    }
    return false;
  }
  if (fd_ >= 0) {
    close(fd_);
  }
  fd_ = fd;
  file_bytes_ = bytes.size();
  compacted_bytes_ = bytes.size();
  torn_ = false;
  return true;
}

}  // namespace tocsin::rules
