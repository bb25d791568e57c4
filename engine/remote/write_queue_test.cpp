#include "engine/remote/write_queue.h"

#include <prometheus/registry.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/compress/compress.h"
#include "base/model/float_histogram.h"
#include "base/wire/histogram_wire.h"
#include "base/wire/remote_write.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr TimestampMs kNow = 1'700'000'000'000;

/// A receiver in memory: answers as told, keeps what it took.
class FakeReceiver {
 public:
  struct State {
    Mutex mu;
    CondVar changed;
    std::vector<WriteOutcome> answers;  ///< for the next requests; afterwards all is taken
    std::map<std::string, std::vector<std::pair<TimestampMs, double>>> samples;
    std::map<std::string, int> histograms;
    std::vector<RemoteWriteMessage> messages;
    int requests = 0;
  };

  class Transport : public WriteTransport {
   public:
    explicit Transport(State& state) : state_(state) {}

    WriteOutcome Send(const std::string& body, RemoteWriteMessage message, int, const StopToken&) override {
      MutexLock lock(state_.mu);
      ++state_.requests;
      state_.messages.push_back(message);
      WriteOutcome outcome;
      if (!state_.answers.empty()) {
        outcome = state_.answers.front();
        state_.answers.erase(state_.answers.begin());
      }
      if (outcome.kind == WriteOutcome::Kind::kDone) {
        Take(body, message);
      }
      state_.changed.NotifyAll();
      return outcome;
    }

   private:
    void Take(const std::string& packed, RemoteWriteMessage message) {
      std::string body;
      EXPECT_TRUE(SnappyDecode(packed, 1 << 24, &body).ok());
      std::vector<std::string_view> symbols;
      const auto take = [&](wire::WriteSeries& series) -> absl::Status {
        if (message == RemoteWriteMessage::kV2) {
          EXPECT_TRUE(wire::ResolveLabels(series.label_refs, symbols, &series.labels).ok());
        } else {
          EXPECT_TRUE(wire::DecodeLabels(&series));
        }
        const std::string key = Labels::FromSorted(series.labels).ToString();
        for (const wire::WriteSample& sample : series.samples) {
          state_.samples[key].emplace_back(sample.t, sample.value);
        }
        state_.histograms[key] += static_cast<int>(series.histograms.size());
        EXPECT_TRUE(series.samples.empty() || series.histograms.empty());
        return absl::OkStatus();
      };
      const absl::Status decoded = message == RemoteWriteMessage::kV1 ? wire::DecodeWriteRequest(body, take, nullptr)
                                                                      : wire::DecodeWriteRequestV2(body, &symbols, take);
      EXPECT_TRUE(decoded.ok());
    }

    State& state_;
  };

  State state;
};

class WriteQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.config.url = "http://receiver/write";
    options_.config.name = "test";
    options_.config.send_native_histograms = true;
    options_.external_labels = Labels::Of({{"cluster", "c"}});
    folder_ = testing::TempDir() + "/write_queue_test_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    options_.position_path = folder_ + "/position";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<WriteQueue> Start() {
    return std::make_unique<WriteQueue>(options_, *head_, clock_, SystemEnv(), std::make_unique<FakeReceiver::Transport>(receiver_.state),
                                        metrics_);
  }

  void Append(const std::string& name, TimestampMs t, double value) {
    const std::unique_ptr<Appender> appender = head_->OpenAppender();
    AppendResult result = AppendResult::kOk;
    const SeriesRef ref = appender->GetOrCreate(Labels::Of({{"__name__", name}}), &result);
    ASSERT_EQ(appender->Append(ref, t, value), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
  }

  /// Moves the clock until the condition over the receiver's state holds.
  template <typename Condition>
  void RunUntil(const Condition& condition) {
    FakeReceiver::State& state = receiver_.state;
    while (true) {
      {
        MutexLock lock(state.mu);
        if (condition(state)) {
          return;
        }
        state.changed.WaitFor(state.mu, std::chrono::milliseconds(1));
      }
      clock_.Advance(kSecond);
    }
  }

  size_t SamplesOf(const std::string& name) { return receiver_.state.samples[Key(name)].size(); }
  static std::string Key(const std::string& name) { return "{__name__=\"" + name + "\", cluster=\"c\"}"; }

  WriteQueueOptions options_;
  std::string folder_;
  ManualClock clock_{kNow};
  std::unique_ptr<Head> head_ = Head::OpenMemoryOnly({}, clock_);
  prometheus::Registry metrics_;
  FakeReceiver receiver_;
};

TEST_F(WriteQueueTest, SendsWhatComesInWithExternalLabels) {
  Append("old", kNow - 5, 1);
  const std::unique_ptr<WriteQueue> queue = Start();
  Append("up", kNow + 1, 1);
  Append("up", kNow + 2, 2);
  RunUntil([&](auto&) { return SamplesOf("up") == 2; });
  Append("up", kNow + 3, 3);
  RunUntil([&](auto&) { return SamplesOf("up") == 3; });
  EXPECT_THAT(receiver_.state.samples[Key("up")], ElementsAre(Pair(kNow + 1, 1), Pair(kNow + 2, 2), Pair(kNow + 3, 3)));
  EXPECT_EQ(SamplesOf("old"), 0u) << "a new queue begins with new samples";
}

TEST_F(WriteQueueTest, RelabelsAndDrops) {
  RelabelConfig drop;
  drop.action = RelabelAction::kDrop;
  drop.source_labels = {"__name__"};
  drop.regex = *AnchoredRegex::Create("noise.*");
  options_.config.write_relabel_configs = {drop};
  const std::unique_ptr<WriteQueue> queue = Start();
  Append("noise_total", kNow + 1, 1);
  Append("up", kNow + 1, 1);
  RunUntil([&](auto&) { return SamplesOf("up") == 1; });
  EXPECT_EQ(SamplesOf("noise_total"), 0u);
}

TEST_F(WriteQueueTest, RetriesUntilTakenAndInOrder) {
  receiver_.state.answers = {{WriteOutcome::Kind::kRetry, "server returned HTTP status 503", 0},
                             {WriteOutcome::Kind::kRetry, "again", kMinute}};
  const std::unique_ptr<WriteQueue> queue = Start();
  Append("up", kNow + 1, 1);
  RunUntil([](auto& state) { return state.requests == 2; });
  Append("up", kNow + 2, 2);
  RunUntil([&](auto&) { return SamplesOf("up") == 2; });
  EXPECT_THAT(receiver_.state.samples[Key("up")], ElementsAre(Pair(kNow + 1, 1), Pair(kNow + 2, 2)));
}

TEST_F(WriteQueueTest, RefusedBatchesAreGivenUp) {
  receiver_.state.answers = {{WriteOutcome::Kind::kRefused, "server returned HTTP status 400 Bad Request: out of order", 0}};
  const std::unique_ptr<WriteQueue> queue = Start();
  Append("up", kNow + 1, 1);
  RunUntil([](auto& state) { return state.requests == 1; });
  Append("up", kNow + 2, 2);
  RunUntil([&](auto&) { return SamplesOf("up") == 1; });
  EXPECT_EQ(receiver_.state.samples[Key("up")][0].first, kNow + 2);
}

TEST_F(WriteQueueTest, FallsBackToTheOldMessageForGood) {
  options_.config.protobuf_message = RemoteWriteMessage::kV2;
  receiver_.state.answers = {{WriteOutcome::Kind::kUnsupported, "415", 0}};
  const std::unique_ptr<WriteQueue> queue = Start();
  Append("up", kNow + 1, 1);
  RunUntil([&](auto&) { return SamplesOf("up") == 1; });
  Append("up", kNow + 2, 2);
  RunUntil([&](auto&) { return SamplesOf("up") == 2; });
  EXPECT_THAT(receiver_.state.messages, ElementsAre(RemoteWriteMessage::kV2, RemoteWriteMessage::kV1, RemoteWriteMessage::kV1));
}

TEST_F(WriteQueueTest, ARestartLosesNothing) {
  {
    const std::unique_ptr<WriteQueue> queue = Start();
    Append("up", kNow + 1, 1);
    RunUntil([&](auto&) { return SamplesOf("up") == 1; });
    WriteQueue::StopAll({&queue, 1}, kMinute, clock_);
  }
  Append("up", clock_.NowMs(), 2);
  clock_.Advance(kHour);
  const std::unique_ptr<WriteQueue> queue = Start();
  RunUntil([&](auto&) {
    const auto& samples = receiver_.state.samples[Key("up")];
    return std::any_of(samples.begin(), samples.end(), [](const auto& sample) { return sample.second == 2; });
  });
}

TEST_F(WriteQueueTest, StopSendsWhatIsLeft) {
  const std::unique_ptr<WriteQueue> queue = Start();
  Append("up", kNow + 1, 1);
  WriteQueue::StopAll({&queue, 1}, kMinute, clock_);
  EXPECT_EQ(SamplesOf("up"), 1u);
}

TEST_F(WriteQueueTest, StopGivesUpAtTheDeadline) {
  receiver_.state.answers.assign(1000, {WriteOutcome::Kind::kRetry, "503", 0});
  const std::unique_ptr<WriteQueue> queue = Start();
  Append("up", kNow + 1, 1);
  RunUntil([](auto& state) { return state.requests > 0; });
  WriteQueue::StopAll({&queue, 1}, 0, clock_);
  EXPECT_EQ(SamplesOf("up"), 0u);
}

/// A receiver that does not answer. A sender that was told to give up comes back when all three were.
class DeadReceiver : public WriteTransport {
 public:
  struct State {
    Mutex mu;
    CondVar changed;
    int sending = 0;
    int told = 0;
  };
  explicit DeadReceiver(State& state) : state_(state) {}

  WriteOutcome Send(const std::string&, RemoteWriteMessage, int, const StopToken& stop) override {
    MutexLock lock(state_.mu);
    ++state_.sending;
    state_.changed.NotifyAll();
    while (!stop.stopped()) {
      state_.changed.WaitFor(state_.mu, std::chrono::milliseconds(1));
    }
    ++state_.told;
    state_.changed.NotifyAll();
    while (state_.told < 3) {
      state_.changed.Wait(state_.mu);
    }
    return {WriteOutcome::Kind::kStopped, "", 0};
  }

 private:
  State& state_;
};

TEST_F(WriteQueueTest, DeadReceiversShareOneDeadline) {
  DeadReceiver::State state;
  options_.position_path = "";
  std::vector<std::unique_ptr<WriteQueue>> queues;
  for (int i = 0; i < 3; ++i) {
    options_.config.name = "dead" + std::to_string(i);
    queues.push_back(std::make_unique<WriteQueue>(options_, *head_, clock_, SystemEnv(), std::make_unique<DeadReceiver>(state), metrics_));
  }
  Append("up", kNow + 1, 1);
  std::thread stop([&] { WriteQueue::StopAll(queues, kMinute, clock_); });
  const auto all_told = [&state] {
    MutexLock lock(state.mu);
    state.changed.WaitFor(state.mu, std::chrono::milliseconds(1));
    return state.told == 3;
  };
  while (!all_told()) {
    clock_.Advance(kSecond);
  }
  stop.join();
  EXPECT_EQ(state.sending, 3) << "none sent a second time";
}

TEST_F(WriteQueueTest, OldSamplesAreDroppedWhenAskedTo) {
  options_.config.queue.sample_age_limit_ms = kMinute;
  receiver_.state.answers = {{WriteOutcome::Kind::kRetry, "503", 2 * kMinute}};
  const std::unique_ptr<WriteQueue> queue = Start();
  Append("old", kNow + 1, 1);
  RunUntil([](auto& state) { return state.requests == 1; });
  RunUntil([&](auto&) { return clock_.NowMs() > kNow + 4 * kMinute; });
  Append("up", clock_.NowMs(), 1);
  RunUntil([&](auto&) { return SamplesOf("up") == 1; });
  EXPECT_EQ(SamplesOf("old"), 0u);
}

TEST_F(WriteQueueTest, HistogramsInBothMessages) {
  for (const RemoteWriteMessage message : {RemoteWriteMessage::kV1, RemoteWriteMessage::kV2}) {
    options_.config.protobuf_message = message;
    options_.position_path = "";
    const std::unique_ptr<WriteQueue> queue = Start();
    FloatHistogram h;
    h.positive_spans = {{0, 1}};
    h.positive_buckets = {2};
    h.count = 2;
    const std::unique_ptr<Appender> appender = head_->OpenAppender();
    AppendResult result = AppendResult::kOk;
    const std::string name = message == RemoteWriteMessage::kV1 ? "h1" : "h2";
    const SeriesRef ref = appender->GetOrCreate(Labels::Of({{"__name__", name}}), &result);
    ASSERT_EQ(appender->AppendHistogram(ref, clock_.NowMs() + 1, h, true), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
    RunUntil([&](auto& state) { return state.histograms[Key(name)] == 1; });
  }
}

TEST(ShardPlannerTest, FollowsTheWork) {
  QueueConfig config;
  config.max_shards = 8;
  ShardPlanner planner(config);
  EXPECT_EQ(planner.Plan(1, 0), 1) << "nothing known yet";
  planner.NoteIn(10000);
  planner.NoteSent(10000, 40);  // 4 seconds of sending each second
  EXPECT_EQ(planner.Plan(1, 0), 4);
  planner.NoteIn(10000);
  planner.NoteSent(10000, 4000);
  EXPECT_EQ(planner.Plan(4, 0), 8) << "at most max_shards";
  for (int i = 0; i < 40; ++i) {
    planner.NoteIn(10000);
    planner.NoteSent(10000, 1);
    EXPECT_EQ(planner.Plan(8, 100), 8) << "not fewer while far behind";
  }
  EXPECT_EQ(planner.Plan(8, 0), 1);
}

}  // namespace
}  // namespace tocsin
