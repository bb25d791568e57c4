#include "rules/manager.h"

#include <algorithm>
#include <limits>
#include <map>
#include <thread>

#include "base/log.h"
#include "rules/alert_journal.h"
#include "rules/group_loader.h"

namespace tocsin::rules {
namespace {

using GroupKey = std::pair<std::string, std::string>;  // file, name: the order of the API

GroupKey KeyOf(const Group& group) { return {group.file(), group.name()}; }

constexpr TimestampMs kNever = std::numeric_limits<TimestampMs>::max();

class ManagerImpl : public Manager {
 public:
  explicit ManagerImpl(const ManagerOptions& options)
      : options_(options),
        metrics_(options.registry),
        last_good_(options.state_folder.empty() ? "" : Cat(options.state_folder, "/rule-files")) {
    if (!options_.state_folder.empty()) {
      auto journal = AlertJournal::Open(options_.state_folder, [this] { metrics_.CountNotDurable(); });
      if (journal.ok()) {
        journal_ = *std::move(journal);
      } else {
        LogError("Alert state is not kept on disk", {{"err", journal.status()}});
      }
    }
    environment_.source = QuerySource{options.engine, options.queryable, &cancel_};
    environment_.appendable = options.appendable;
    environment_.sink = options.sink;
    environment_.clock = options.clock;
    environment_.metrics = &metrics_;
    environment_.journal = journal_.get();
    environment_.outage_tolerance_ms = options.outage_tolerance_ms;
    environment_.grace_period_ms = options.grace_period_ms;
    environment_.resend_delay_ms = options.resend_delay_ms;
    environment_.max_concurrent_evals = options.max_concurrent_evals;
    environment_.concurrent_rule_eval = options.concurrent_rule_eval;
    environment_.check_selectors = true;
    environment_.may_resolve = &may_resolve_;
  }

  ~ManagerImpl() override { Stop(); }

  absl::Status Update(const RuleConfig& config) override;
  void Start() override;
  void Stop() override;
  TimestampMs EvaluateDue() override;
  void AllowResolving() override { may_resolve_ = true; }
  RulesStatus Status() const override;

 private:
  /// A group in its place in the schedule.
  struct Entry {
    std::shared_ptr<Group> group;
    TimestampMs last_slot = 0;  // the slot of the last evaluation, or the one before the first
    bool running = false;
    bool leaving = false;  // no new evaluation begins
  };
  /// A group that a reload took away; its series end two intervals later, unless others go on with them.
  struct Departed {
    std::shared_ptr<Group> group;
    TimestampMs stopped_at = 0;
    TimestampMs ends_at = 0;
  };
  struct Due {
    std::shared_ptr<Entry> entry;
    TimestampMs slot = 0;
    int64_t missed = 0;
  };
  using Entries = std::map<GroupKey, std::shared_ptr<Entry>>;

  static absl::Status ErrorOf(const std::vector<RuleFileError>& failed);
  std::shared_ptr<Entry> NewEntry(std::unique_ptr<Group> group);
  void WaitUntilIdle(const std::vector<std::shared_ptr<Entry>>& entries);
  void HandOverState(const std::vector<std::shared_ptr<Entry>>& old_entries, const Entries& fresh);
  std::optional<Due> TakeDue(TimestampMs now, TimestampMs* next_at) REQUIRES(mu_);
  void Finish(const Due& due);
  void EndDeparted(TimestampMs now);
  void Work();
  void Wake() REQUIRES(mu_);

  const ManagerOptions options_;
  RuleMetrics metrics_;
  LastGoodFiles last_good_;  // only in Update()
  std::unique_ptr<AlertJournal> journal_;
  GroupEnvironment environment_;
  StopToken cancel_;
  std::atomic<bool> may_resolve_{false};

  Mutex update_mu_;  // one Update() at a time; taken before mu_
  bool loaded_once_ GUARDED_BY(update_mu_) = false;

  mutable Mutex mu_;
  CondVar idle_;
  Entries entries_ GUARDED_BY(mu_);
  std::vector<Departed> departed_ GUARDED_BY(mu_);
  std::vector<RuleFileError> failed_files_ GUARDED_BY(mu_);
  std::shared_ptr<StopToken> wake_ GUARDED_BY(mu_) = std::make_shared<StopToken>();
  bool stopping_ GUARDED_BY(mu_) = false;
  std::vector<std::thread> workers_;
};

absl::Status ManagerImpl::ErrorOf(const std::vector<RuleFileError>& failed) {
  if (failed.empty()) {
    return absl::OkStatus();
  }
  std::string text;
  for (const RuleFileError& file : failed) {
    for (const std::string& error : file.errors) {
      Append(&text, text.empty() ? "" : "\n", error);
    }
  }
  return absl::InvalidArgumentError(text);
}

std::shared_ptr<ManagerImpl::Entry> ManagerImpl::NewEntry(std::unique_ptr<Group> group) {
  auto entry = std::make_shared<Entry>();
  entry->last_slot = group->NextSlot(options_.clock->NowMs()) - group->interval_ms();
  entry->group = std::move(group);
  return entry;
}

absl::Status ManagerImpl::Update(const RuleConfig& config) {
  const MutexLock update_lock(update_mu_);
  {
    const MutexLock lock(mu_);
    if (stopping_) {
      return absl::OkStatus();
    }
  }
  const bool reload = loaded_once_;
  const bool restore = !reload || options_.restore_new_groups;
  LoadedGroups loaded = LoadGroups(config, options_.features, environment_, restore, last_good_);
  if (options_.strict_reload && !loaded.failed.empty()) {
    return ErrorOf(loaded.failed);
  }

  // Unchanged groups stay; the others are new, and the old ones end.
  Entries next;
  Entries fresh;
  std::vector<std::shared_ptr<Entry>> leaving;
  {
    const MutexLock lock(mu_);
    for (auto& group : loaded.groups) {
      const GroupKey key = KeyOf(*group);
      const auto old = entries_.find(key);
      if (old != entries_.end() && old->second->group->Equals(*group)) {
        next.emplace(key, old->second);
      } else {
        fresh.insert_or_assign(key, NewEntry(std::move(group)));
        next.insert_or_assign(key, fresh.at(key));
      }
    }
    for (const auto& [key, entry] : entries_) {
      const auto kept = next.find(key);
      if (kept == next.end() || kept->second != entry) {
        entry->leaving = true;
        leaving.push_back(entry);
      }
    }
  }
  WaitUntilIdle(leaving);
  HandOverState(leaving, fresh);
  std::vector<std::string> journal_groups;
  for (const auto& [key, entry] : next) {
    journal_groups.push_back(Cat(key.first, ";", key.second));
  }
  const absl::Status status = ErrorOf(loaded.failed);
  metrics_.SetFilesFailed(loaded.failed.size());
  loaded_once_ = true;
  {
    const MutexLock lock(mu_);
    entries_ = std::move(next);
    failed_files_ = std::move(loaded.failed);
    Wake();
  }
  if (journal_ != nullptr && reload) {
    journal_->KeepGroups(journal_groups);
  }
  return status;
}

void ManagerImpl::WaitUntilIdle(const std::vector<std::shared_ptr<Entry>>& entries) {
  const MutexLock lock(mu_);
  for (const auto& entry : entries) {
    while (entry->running) {
      idle_.Wait(mu_);
    }
  }
}

void ManagerImpl::HandOverState(const std::vector<std::shared_ptr<Entry>>& old_entries, const Entries& fresh) {
  const TimestampMs now = options_.clock->NowMs();
  for (const auto& old : old_entries) {
    const auto successor = fresh.find(KeyOf(*old->group));
    if (successor != fresh.end()) {
      successor->second->group->CopyState(*old->group);
    }
  }
  for (const auto& old : old_entries) {
    // Rules without a successor in their own group may have moved to another one.
    for (const auto& rule : old->group->rules()) {
      for (const auto& [key, entry] : fresh) {
        if (!rule->HasState() || entry->group->AdoptRule(*rule)) {
          break;
        }
      }
    }
    old->group->ReleaseSeries();
    const auto successor = fresh.find(KeyOf(*old->group));
    if (successor != fresh.end()) {
      successor->second->group->TakeLeftOver(*old->group);
    } else {
      const MutexLock lock(mu_);
      departed_.push_back(Departed{old->group, now, now + 2 * old->group->interval_ms()});
    }
  }
}

void ManagerImpl::Wake() {
  wake_->Stop();
  wake_ = std::make_shared<StopToken>();
}

std::optional<ManagerImpl::Due> ManagerImpl::TakeDue(TimestampMs now, TimestampMs* next_at) {
  *next_at = kNever;
  std::shared_ptr<Entry> first;
  TimestampMs first_at = kNever;
  for (const auto& [key, entry] : entries_) {
    if (entry->running || entry->leaving) {
      continue;
    }
    const DurationMs interval = entry->group->interval_ms();
    if (entry->last_slot > now) {
      entry->last_slot = entry->group->NextSlot(now) - interval;  // the clock was set back
    }
    const TimestampMs at = entry->last_slot + interval;
    if (at < first_at) {
      first_at = at;
      first = entry;
    }
  }
  for (const Departed& departed : departed_) {
    *next_at = std::min(*next_at, departed.ends_at);
  }
  if (first == nullptr || first_at > now) {
    *next_at = std::min(*next_at, first_at);
    return std::nullopt;
  }
  const DurationMs interval = first->group->interval_ms();
  Due due;
  due.entry = first;
  due.missed = (now - first->last_slot) / interval - 1;
  due.slot = first->last_slot + (due.missed + 1) * interval;
  first->running = true;
  return due;
}

void ManagerImpl::Finish(const Due& due) {
  const MutexLock lock(mu_);
  due.entry->running = false;
  due.entry->last_slot = due.slot;
  idle_.NotifyAll();
  Wake();
}

void ManagerImpl::EndDeparted(TimestampMs now) {
  std::vector<Departed> over;
  absl::flat_hash_set<Labels> alive;
  {
    const MutexLock lock(mu_);
    for (auto it = departed_.begin(); it != departed_.end();) {
      if (it->ends_at <= now) {
        over.push_back(std::move(*it));
        it = departed_.erase(it);
      } else {
        ++it;
      }
    }
    if (over.empty()) {
      return;
    }
    std::vector<std::shared_ptr<Entry>> entries;
    for (const auto& [key, entry] : entries_) {
      entries.push_back(entry);
    }
    for (const auto& entry : entries) {
      while (entry->running) {
        idle_.Wait(mu_);
      }
      entry->group->CollectSeries(&alive);
    }
  }
  for (const Departed& departed : over) {
    departed.group->EndSeries(departed.stopped_at, alive);
  }
}

TimestampMs ManagerImpl::EvaluateDue() {
  const TimestampMs now = options_.clock->NowMs();
  EndDeparted(now);
  while (true) {
    TimestampMs next_at = kNever;
    std::optional<Due> due;
    {
      const MutexLock lock(mu_);
      due = TakeDue(now, &next_at);
    }
    if (!due) {
      return next_at;
    }
    due->entry->group->Iterate(due->slot, due->missed);
    Finish(*due);
  }
}

void ManagerImpl::Work() {
  while (true) {
    const TimestampMs now = options_.clock->NowMs();
    EndDeparted(now);
    TimestampMs next_at = kNever;
    std::optional<Due> due;
    std::shared_ptr<StopToken> wake;
    {
      const MutexLock lock(mu_);
      if (stopping_) {
        return;
      }
      due = TakeDue(now, &next_at);
      wake = wake_;
    }
    if (due) {
      due->entry->group->Iterate(due->slot, due->missed);
      Finish(*due);
    } else {
      options_.clock->WaitUntil(next_at, *wake);
    }
  }
}

void ManagerImpl::Start() {
  LogInfo("Starting rule manager...");
  for (int i = 0; i < std::max(options_.group_threads, 1); ++i) {
    workers_.emplace_back([this] { Work(); });
  }
}

void ManagerImpl::Stop() {
  {
    const MutexLock lock(mu_);
    if (stopping_) {
      return;
    }
    stopping_ = true;
    Wake();
  }
  cancel_.Stop();
  for (std::thread& worker : workers_) {
    worker.join();
  }
  workers_.clear();
  LogInfo("Rule manager stopped");
}

RulesStatus ManagerImpl::Status() const {
  std::vector<std::shared_ptr<Group>> groups;
  RulesStatus status;
  {
    const MutexLock lock(mu_);
    for (const auto& [key, entry] : entries_) {
      groups.push_back(entry->group);
    }
    status.failed_files = failed_files_;
  }
  for (const auto& group : groups) {
    status.groups.push_back(group->Status());
  }
  return status;
}

}  // namespace

std::unique_ptr<Manager> Manager::Create(const ManagerOptions& options) { return std::make_unique<ManagerImpl>(options); }

}  // namespace tocsin::rules
