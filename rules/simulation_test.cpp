#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>

#include "rules/manager.h"
#include "rules/test_store.h"

namespace tocsin::rules {
namespace {

using test::RecordingSink;
using test::TestStore;

constexpr int kRules = 8;
constexpr int kInstances = 12;
constexpr int kRounds = 8 * 60;
constexpr DurationMs kLookBackMs = 5 * kMinute;

/// One series of the simulated world.
struct World {
  bool high = false;
  int gap_rounds = 0;
  std::optional<TimestampMs> last_sample_at;
  bool last_was_high = false;
};

/// The state machine of features.md 4.3, written once more as plainly as can be.
struct Model {
  AlertState state = AlertState::kInactive;
  TimestampMs active_at = 0;
  std::optional<TimestampMs> keep_since;

  void Step(TimestampMs ts, bool condition, DurationMs hold, DurationMs keep) {
    if (condition) {
      if (state == AlertState::kInactive) {
        state = AlertState::kPending;
        active_at = ts;
      }
      keep_since.reset();
    } else if (state == AlertState::kPending) {
      state = AlertState::kInactive;
    } else if (state == AlertState::kFiring) {
      if (!keep_since) {
        keep_since = ts;
      }
      if (keep == 0 || ts - *keep_since >= keep) {
        state = AlertState::kInactive;
        keep_since.reset();
      }
    }
    if (state == AlertState::kPending && ts - active_at >= hold) {
      state = AlertState::kFiring;
    }
  }

  void Restart(DurationMs down) {
    if (state == AlertState::kPending) {
      active_at += down;
    }
    if (keep_since) {
      *keep_since += down;
    }
  }
};

/// Hours of random weather: gaps in the data, kills, missed rounds. A failing seed fails again.
class Simulation {
 public:
  explicit Simulation(uint32_t seed)
      : random_(seed), folder_(testing::TempDir() + "rules_simulation_" + std::to_string(getpid()) + "_" + std::to_string(seed)) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    store_.clock().Set(kDay);
    WriteRules();
    StartServer();
    store_.clock().Set(manager_->EvaluateDue() - kMinute);
  }
  ~Simulation() {
    manager_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Run() {
    for (int round = 0; round < kRounds && !testing::Test::HasFailure(); ++round) {
      if (Chance(0.01)) {
        KillAndRestart();
      } else if (Chance(0.02)) {
        store_.clock().Advance(std::uniform_int_distribution<int>(1, 4)(random_) * kMinute);  // slots are missed
      }
      Round();
    }
  }

 private:
  bool Chance(double probability) { return std::uniform_real_distribution<double>(0, 1)(random_) < probability; }

  void WriteRules() {
    std::ofstream file(folder_ + "/rules.yml");
    file << "groups:\n- name: g\n  interval: 1m\n  rules:\n";
    for (int i = 0; i < kRules; ++i) {
      holds_.push_back((i % 3) * 2 * kMinute);
      keeps_.push_back((i % 2) * 3 * kMinute);
      file << "  - {alert: R" << i << ", expr: 'm{rule=\"" << i << "\"} > 50', for: " << FormatDuration(holds_[i])
           << ", keep_firing_for: " << FormatDuration(keeps_[i]) << "}\n";
    }
  }

  void StartServer() {
    ManagerOptions options;
    options.engine = &store_.engine();
    options.queryable = &store_.head();
    options.appendable = &store_.head();
    options.sink = &sink_;
    options.clock = &store_.clock();
    options.state_folder = folder_ + "/tocsin";
    manager_ = Manager::Create(options);
    RuleConfig config;
    config.files = {folder_ + "/rules.yml"};
    ASSERT_TRUE(manager_->Update(config).ok());
    manager_->AllowResolving();
  }

  void KillAndRestart() {
    std::filesystem::rename(folder_ + "/tocsin", folder_ + "/kept");
    manager_.reset();
    std::filesystem::remove_all(folder_ + "/tocsin");
    std::filesystem::rename(folder_ + "/kept", folder_ + "/tocsin");
    store_.clock().Advance(std::uniform_int_distribution<int>(0, 20)(random_) * kMinute);
    StartServer();
    restarted_ = true;
  }

  void Round() {
    const TimestampMs slot = store_.clock().NowMs() + kMinute;  // the clock always stands on a slot
    store_.clock().Set(slot - kSecond);
    for (int rule = 0; rule < kRules; ++rule) {
      for (int instance = 0; instance < kInstances; ++instance) {
        StepWorld(rule, instance, slot - kSecond);
      }
    }
    store_.clock().Set(slot);
    manager_->EvaluateDue();
    StepModel(slot);
    Compare(slot);
  }

  void StepWorld(int rule, int instance, TimestampMs t) {
    World& world = worlds_[{rule, instance}];
    if (Chance(0.1)) {
      world.high = !world.high;
    }
    if (world.gap_rounds > 0) {
      --world.gap_rounds;
      return;
    }
    if (Chance(0.03)) {
      world.gap_rounds = std::uniform_int_distribution<int>(1, 10)(random_);
    }
    store_.Append(Labels::Of({{"__name__", "m"}, {"rule", std::to_string(rule)}, {"instance", std::to_string(instance)}}), t,
                  world.high ? 100 : 0);
    world.last_sample_at = t;
    world.last_was_high = world.high;
  }

  void StepModel(TimestampMs slot) {
    for (auto& [key, model] : models_) {
      if (restarted_) {
        model.Restart(std::max<DurationMs>(slot - last_slot_ - kMinute, 0));
      }
    }
    restarted_ = false;
    last_slot_ = slot;
    for (const auto& [key, world] : worlds_) {
      const bool condition = world.last_sample_at && slot - *world.last_sample_at < kLookBackMs && world.last_was_high;
      models_[key].Step(slot, condition, holds_[key.first], keeps_[key.first]);
    }
  }

  void Compare(TimestampMs slot) {
    using Course = std::map<std::pair<int, int>, std::pair<AlertState, TimestampMs>>;
    Course expected;
    for (const auto& [key, model] : models_) {
      if (model.state != AlertState::kInactive) {
        expected[key] = {model.state, model.active_at};
      }
    }
    Course got;
    const RulesStatus status = manager_->Status();
    for (int rule = 0; rule < kRules; ++rule) {
      for (const AlertStatus& alert : status.groups.at(0).rules.at(static_cast<size_t>(rule)).alerts) {
        got[{rule, std::stoi(std::string(alert.labels.Get("instance")))}] = {alert.state, alert.active_at};
      }
    }
    EXPECT_EQ(got, expected) << "at " << (slot - kDay) / kMinute << " minutes";
    // What people are told agrees with the states.
    for (const OutgoingAlert& alert : sink_.Take()) {
      const int rule = std::stoi(std::string(alert.labels.Get("alertname").substr(1)));
      const int instance = std::stoi(std::string(alert.labels.Get("instance")));
      const auto it = got.find({rule, instance});
      const bool firing = it != got.end() && it->second.first == AlertState::kFiring;
      EXPECT_EQ(alert.resolved, !firing);
    }
  }

  std::mt19937 random_;
  const std::string folder_;
  TestStore store_;
  RecordingSink sink_;
  std::unique_ptr<Manager> manager_;
  std::vector<DurationMs> holds_;
  std::vector<DurationMs> keeps_;
  std::map<std::pair<int, int>, World> worlds_;
  std::map<std::pair<int, int>, Model> models_;
  TimestampMs last_slot_ = 0;
  bool restarted_ = false;
};

TEST(RuleSimulationTest, AlertsGoAsThePlainModelSays) {
  for (const uint32_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    Simulation(seed).Run();
  }
}

}  // namespace
}  // namespace tocsin::rules
