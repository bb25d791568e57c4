#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>

#include "rules/manager.h"
#include "rules/slot.h"
#include "rules/test_store.h"

namespace tocsin::rules {
namespace {

using test::RecordingSink;
using test::TestStore;

constexpr DurationMs kIntervalMs = kMinute;
constexpr DurationMs kLookBackMs = 5 * kMinute;
constexpr DurationMs kResendMs = kMinute;

struct Size {
  int groups = 0;
  int rules_per_group = 0;
  int instances = 0;
  DurationMs length_ms = 0;

  int rules() const { return groups * rules_per_group; }
};

/// One scraped series: what it is at the moment, and the samples that instant selectors can still see.
struct World {
  SeriesRef ref = SeriesRef::kNone;
  bool high = false;
  int gap_scrapes = 0;
  std::vector<std::pair<TimestampMs, bool>> samples;

  /// Nothing of a time before the newest sample is taken, nor a sample twice.
  bool Takes(TimestampMs t) const { return samples.empty() || t > samples.back().first; }
  void Remember(TimestampMs t) {
    constexpr size_t kLongEnough = 40;
    if (samples.size() >= 2 * kLongEnough) {
      samples.erase(samples.begin(), samples.end() - kLongEnough);
    }
    samples.emplace_back(t, high);
  }
  bool IsHigh(TimestampMs ts) const {
    for (auto it = samples.rbegin(); it != samples.rend(); ++it) {
      if (it->first <= ts) {
        return ts - it->first < kLookBackMs && it->second;
      }
    }
    return false;
  }
};

/// What people are told of one alert.
struct Told {
  bool resolved = false;
  TimestampMs starts_at = 0;
  TimestampMs ends_at = 0;

  bool operator==(const Told&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << (told.resolved ? "resolved, " : "firing, ") << told.starts_at << " to " << told.ends_at;
}

/// The state machine of features.md 4.3 and the rules of 4.5 about sending, written once more as plainly as can be.
struct Model {
  AlertState state = AlertState::kInactive;
  TimestampMs active_at = 0;
  TimestampMs fired_at = 0;
  std::optional<TimestampMs> keep_since;
  std::optional<TimestampMs> resolved_at;  // told for a while
  std::optional<TimestampMs> sent_at;

  void Step(TimestampMs ts, bool condition, DurationMs hold, DurationMs keep) {
    if (condition) {
      if (state == AlertState::kInactive) {
        *this = Model();
        state = AlertState::kPending;
        active_at = ts;
      }
      keep_since.reset();
    } else if (state == AlertState::kPending) {
      *this = Model();
    } else if (state == AlertState::kFiring) {
      if (!keep_since) {
        keep_since = ts;
      }
      if (keep == 0 || ts - *keep_since >= keep) {
        state = AlertState::kInactive;
        resolved_at = ts;
      }
    } else if (resolved_at && ts - *resolved_at > 15 * kMinute) {
      *this = Model();
    }
    if (state == AlertState::kPending && ts - active_at >= hold) {
      state = AlertState::kFiring;
      fired_at = ts;
    }
  }

  std::optional<Told> Tell(TimestampMs ts) {
    if (state != AlertState::kFiring && !resolved_at) {
      return std::nullopt;
    }
    const bool news = !sent_at || (resolved_at && *resolved_at > *sent_at);
    const bool again = sent_at && (ts > *sent_at + kResendMs || ts < *sent_at);
    if (!news && !again) {
      return std::nullopt;
    }
    sent_at = ts;
    return Told{resolved_at.has_value(), fired_at, resolved_at.value_or(ts + 4 * kIntervalMs)};
  }

  void Restart(DurationMs down) {
    if (state == AlertState::kPending) {
      active_at += down;
    }
    if (keep_since) {
      *keep_since += down;
    }
    sent_at.reset();
  }
};

/// Hours of random weather: gaps in the data, kills, missed rounds, a machine clock that steps. A failing seed fails again.
class Simulation {
 public:
  Simulation(const Size& size, uint32_t seed)
      : size_(size),
        random_(seed),
        folder_(Shelf() + "rules_simulation_" + std::to_string(getpid()) + "_" + std::to_string(seed)),
        worlds_(static_cast<size_t>(size.rules() * size.instances)),
        models_(worlds_.size()),
        last_slots_(static_cast<size_t>(size.groups)),
        restarted_(last_slots_.size()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    store_.clock().Set(kDay);
    WriteRules();
    MakeSeries();
    StartServer();
    for (int group = 0; group < size_.groups; ++group) {
      last_slots_[static_cast<size_t>(group)] = SlotBefore(group, kDay);
    }
  }
  ~Simulation() {
    manager_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Run() {
    const TimestampMs end = kDay + size_.length_ms;
    TimestampMs next_weather = kDay + kMinute;
    // After the last weather all groups have a slot before the end.
    while (store_.clock().NowMs() < std::max(end, next_weather) && failures_ == 0) {
      if (store_.clock().NowMs() >= next_weather && store_.clock().NowMs() < end) {
        Weather();
        next_weather = store_.clock().NowMs() + kMinute;
      }
      const TimestampMs now = store_.clock().NowMs();
      const TimestampMs next_scrape = PreviousSlot(now, kIntervalMs, 0) + kIntervalMs;
      TimestampMs next = next_scrape;
      for (int group = 0; group < size_.groups; ++group) {
        next = std::min(next, SlotBefore(group, now) + kIntervalMs);
      }
      store_.clock().Set(next);
      if (next == next_scrape) {
        Scrape(next);
      }
      Evaluate(next);
    }
    CompareStates();
    EXPECT_GT(told_, static_cast<size_t>(size_.rules())) << "something has happened";
  }

 private:
  /// Days of evaluations that each ask for what is written to be kept would make the test wait for the disk.
  static std::string Shelf() { return std::filesystem::exists("/dev/shm") ? "/dev/shm/" : testing::TempDir(); }

  bool Chance(double probability) { return std::uniform_real_distribution<double>(0, 1)(random_) < probability; }
  int Between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  DurationMs HoldOf(int rule) const { return (rule % 3) * 2 * kMinute; }
  DurationMs KeepOf(int rule) const { return (rule % 2) * 3 * kMinute; }
  std::string RuleFilePath() const { return folder_ + "/rules.yml"; }
  static std::string GroupName(int group) { return "g" + std::to_string(group); }
  TimestampMs SlotBefore(int group, TimestampMs now) const {
    return PreviousSlot(now, kIntervalMs, SlotOffset(RuleFilePath(), GroupName(group), kIntervalMs));
  }

  void WriteRules() {
    std::ofstream file(RuleFilePath());
    file << "groups:\n";
    for (int rule = 0; rule < size_.rules(); ++rule) {
      if (rule % size_.rules_per_group == 0) {
        file << "- name: " << GroupName(rule / size_.rules_per_group) << "\n  interval: 1m\n  rules:\n";
      }
      file << "  - {alert: R" << rule << ", expr: 'm{rule=\"" << rule << "\"} > 50', for: " << FormatDuration(HoldOf(rule))
           << ", keep_firing_for: " << FormatDuration(KeepOf(rule)) << "}\n";
    }
  }

  void MakeSeries() {
    const auto appender = store_.head().OpenAppender();
    for (size_t i = 0; i < worlds_.size(); ++i) {
      const std::string rule = std::to_string(i / static_cast<size_t>(size_.instances));
      AppendResult result = AppendResult::kOk;
      worlds_[i].ref = appender->GetOrCreate(Labels::Of({{"__name__", "m"}, {"rule", rule}, {"instance", std::to_string(i)}}), &result);
    }
    ASSERT_TRUE(appender->Commit().ok());
  }

  void StartServer() {
    ManagerOptions options;
    options.engine = &store_.engine();
    options.queryable = &store_.head();
    options.appendable = &store_.head();
    options.sink = &sink_;
    options.clock = &store_.clock();
    options.resend_delay_ms = kResendMs;
    options.state_folder = folder_ + "/tocsin";
    manager_ = Manager::Create(options);
    RuleConfig config;
    config.files = {RuleFilePath()};
    ASSERT_TRUE(manager_->Update(config).ok());
    manager_->AllowResolving();
  }

  void Weather() {
    if (Chance(0.006)) {
      KillAndRestart();
    } else if (Chance(0.01)) {
      store_.clock().Advance(Between(1, 4 * 60) * kSecond);  // slots are missed
    } else if (Chance(0.005)) {
      store_.clock().Advance(-Between(1, 10 * 60) * kSecond);
    }
  }

  void KillAndRestart() {
    test::EndWithDiskAsItIs(folder_ + "/tocsin", [this] { manager_.reset(); });
    store_.clock().Advance(Between(0, 20 * 60) * kSecond);
    StartServer();
    restarted_.assign(restarted_.size(), true);
    started_at_ = store_.clock().NowMs();
  }

  void Scrape(TimestampMs t) {
    std::vector<RefSample> samples;
    for (World& world : worlds_) {
      if (Chance(0.05)) {
        world.high = !world.high;
      }
      if (world.gap_scrapes > 0) {
        --world.gap_scrapes;
        continue;
      }
      if (Chance(0.01)) {
        world.gap_scrapes = Between(1, 10);
      }
      if (world.Takes(t)) {
        samples.push_back(RefSample{world.ref, t, world.high ? 100.0 : 0.0});
        world.Remember(t);
      }
    }
    const auto appender = store_.head().OpenAppender();
    std::vector<AppendResult> results(samples.size());
    ASSERT_EQ(appender->AppendBatch(samples, results.data()), samples.size());
    ASSERT_TRUE(appender->Commit().ok());
  }

  /// Groups whose slot has come; slots that nobody was there for are passed over.
  void Evaluate(TimestampMs now) {
    expected_.clear();
    for (int group = 0; group < size_.groups; ++group) {
      auto& last = last_slots_[static_cast<size_t>(group)];
      const TimestampMs slot = SlotBefore(group, now);
      const bool began_before = !restarted_[static_cast<size_t>(group)] || slot > started_at_;
      if (last > now) {
        last = slot;  // the clock was set back
      } else if (slot > last && began_before) {
        StepGroup(group, slot);
        last = slot;
      }
    }
    manager_->EvaluateDue();
    CompareTold();
    // After a restart a group has its alerts back from its first slot on.
    if (++rounds_ % 101 == 0 && std::find(restarted_.begin(), restarted_.end(), true) == restarted_.end()) {
      CompareStates();
    }
  }

  void StepGroup(int group, TimestampMs slot) {
    const auto at = static_cast<size_t>(group);
    const size_t first = at * static_cast<size_t>(size_.rules_per_group * size_.instances);
    for (size_t i = first; i < first + static_cast<size_t>(size_.rules_per_group * size_.instances); ++i) {
      const int rule = static_cast<int>(i) / size_.instances;
      if (restarted_[at]) {
        models_[i].Restart(std::max<DurationMs>(slot - last_slots_[at] - kIntervalMs, 0));
      }
      models_[i].Step(slot, worlds_[i].IsHigh(slot), HoldOf(rule), KeepOf(rule));
      if (const auto told = models_[i].Tell(slot)) {
        expected_[i] = *told;
      }
    }
    restarted_[at] = false;
  }

  static size_t IndexOf(const Labels& labels) { return std::stoul(std::string(labels.Get("instance"))); }

  void CompareTold() {
    std::map<size_t, Told> got;
    for (const OutgoingAlert& alert : sink_.Take()) {
      got[IndexOf(alert.labels)] = Told{alert.resolved, alert.starts_at, alert.ends_at};
    }
    told_ += got.size();
    failures_ += got == expected_ ? 0 : 1;
    EXPECT_EQ(got, expected_) << "at " << store_.clock().NowMs() - kDay;
  }

  void CompareStates() {
    using Course = std::map<size_t, std::pair<AlertState, TimestampMs>>;
    Course expected;
    for (size_t i = 0; i < models_.size(); ++i) {
      if (models_[i].state != AlertState::kInactive) {
        expected[i] = {models_[i].state, models_[i].active_at};
      }
    }
    Course got;
    for (const GroupStatus& group : manager_->Status().groups) {
      for (const RuleStatus& rule : group.rules) {
        for (const AlertStatus& alert : rule.alerts) {
          got[IndexOf(alert.labels)] = {alert.state, alert.active_at};
        }
      }
    }
    failures_ += got == expected ? 0 : 1;
    EXPECT_EQ(got, expected) << "at " << store_.clock().NowMs() - kDay;
  }

  const Size size_;
  std::mt19937 random_;
  const std::string folder_;
  TestStore store_;
  RecordingSink sink_;
  std::unique_ptr<Manager> manager_;
  std::vector<World> worlds_;  // an entry for each rule and instance
  std::vector<Model> models_;  // of the same
  std::map<size_t, Told> expected_;
  std::vector<TimestampMs> last_slots_;  // by group
  std::vector<bool> restarted_;          // by group: not evaluated since
  TimestampMs started_at_ = 0;
  size_t told_ = 0;
  int failures_ = 0;
  int rounds_ = 0;
};

TEST(RuleSimulationTest, AlertsGoAsThePlainModelSays) {
  for (const uint32_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    Simulation(Size{3, 4, 12, 8 * kHour}, seed).Run();
  }
}

/// TOCSIN_SIMULATION=full: a day of 200 rules over 10,000 series.
TEST(RuleSimulationTest, ADay) {
  const char* wanted = std::getenv("TOCSIN_SIMULATION");
  const bool full = wanted != nullptr && std::string_view(wanted) == "full";
  Simulation(full ? Size{10, 20, 50, kDay} : Size{5, 4, 25, kDay}, 4).Run();
}

}  // namespace
}  // namespace tocsin::rules
