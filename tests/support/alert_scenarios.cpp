#include "tests/support/alert_scenarios.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "base/yaml/yaml.h"

namespace tocsin::test {
namespace {

Labels ReadLabels(const yaml::Node& node) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& entry : node.entries) {
    pairs.emplace_back(entry.key->text, entry.value->text);
  }
  return Labels::FromPairs(std::move(pairs));
}

TimestampMs SampleTime(const yaml::Node& node, std::string_view key) {
  const yaml::Node* found = node.Find(key);
  return found == nullptr ? 0 : std::stoll(found->text) * kScenarioSampleMs;
}

std::optional<Labels> AnnotationsOf(const yaml::Node& node, const std::optional<Labels>& otherwise) {
  const yaml::Node* found = node.Find("annotations");
  return found == nullptr ? otherwise : ReadLabels(*found);
}

ExpectedPhase ReadPhase(const yaml::Node& node, const std::optional<Labels>& annotations) {
  ExpectedPhase phase;
  phase.from = SampleTime(node, "from");
  phase.to = SampleTime(node, "to");
  phase.state = node.Find("state")->text;
  if (const yaml::Node* value = node.Find("value")) {
    phase.value = *ParseGoFloatOrError(value->text);
  }
  phase.active_at = SampleTime(node, "active_at");
  phase.annotations = AnnotationsOf(node, annotations);
  return phase;
}

ExpectedNotifications ReadNotifications(const yaml::Node& node, const std::optional<Labels>& annotations) {
  ExpectedNotifications window;
  window.resolved = node.Find("kind")->text == "resolved";
  window.from = SampleTime(node, "from");
  const yaml::Node* length = node.Find("for");
  window.to = length == nullptr ? SampleTime(node, "to") : window.from + ParseDuration(length->text).value();
  window.starts_at = SampleTime(node, "starts_at");
  window.ends_at = SampleTime(node, "ends_at");
  window.annotations = AnnotationsOf(node, annotations);
  return window;
}

ExpectedAlert ReadAlert(const yaml::Node& labels, const yaml::Node& node) {
  ExpectedAlert alert;
  alert.labels = ReadLabels(labels);
  const std::optional<Labels> annotations = AnnotationsOf(node, std::nullopt);
  for (const yaml::Node* phase : node.Find("phases")->items) {
    alert.phases.push_back(ReadPhase(*phase, annotations));
  }
  for (const yaml::Node* window : node.Find("notifications")->items) {
    alert.notifications.push_back(ReadNotifications(*window, annotations));
  }
  return alert;
}

AlertScenario ReadScenario(const yaml::Node& node) {
  AlertScenario scenario;
  scenario.group = node.Find("group")->text;
  for (const yaml::Node* series : node.Find("series")->items) {
    LabelsBuilder builder(ReadLabels(*series->Find("labels")));
    builder.Set(kMetricName, "alert_generator_test_suite");
    scenario.series.emplace_back(builder.Build(), series->Find("values")->text);
  }
  if (const yaml::Node* alert = node.Find("alert")) {
    scenario.alerts.push_back(ReadAlert(*alert, node));
    return scenario;
  }
  for (const yaml::Node* alert : node.Find("alerts")->items) {
    scenario.alerts.push_back(ReadAlert(*alert->Find("labels"), *alert));
  }
  return scenario;
}

bool Near(TimestampMs a, TimestampMs b, DurationMs tolerance) { return std::abs(a - b) <= tolerance; }

/// Firing alerts are told with the annotations of their last evaluation.
bool AnnotationsMayBe(const ExpectedAlert& expected, const SentAlert& sent, DurationMs tolerance) {
  bool known = false;
  for (const ExpectedPhase& phase : expected.phases) {
    const bool in_force = phase.state == "firing" && sent.at >= phase.from - tolerance && sent.at <= phase.to + tolerance;
    if (in_force && phase.annotations) {
      known = true;
      if (*phase.annotations == sent.annotations) {
        return true;
      }
    }
  }
  return !known;
}

/// One sent alert against the window it lies in.
void CheckOneSent(const ExpectedAlert& expected, const ExpectedNotifications& window, const SentAlert& sent, DurationMs tolerance,
                  std::vector<std::string>* problems) {
  const std::string what = Cat(expected.labels.ToString(), " sent ", sent.resolved ? "resolved" : "firing", " at ", sent.at);
  if (!Near(sent.starts_at, window.starts_at, tolerance)) {
    problems->push_back(Cat(what, ": startsAt ", sent.starts_at, " instead of ", window.starts_at));
  }
  const TimestampMs ends_at = sent.resolved ? window.ends_at : sent.at + 4 * kScenarioResendMs;
  if (!Near(sent.ends_at, ends_at, tolerance)) {
    problems->push_back(Cat(what, ": endsAt ", sent.ends_at, " instead of ", ends_at));
  }
  const bool right =
      sent.resolved ? !window.annotations || *window.annotations == sent.annotations : AnnotationsMayBe(expected, sent, tolerance);
  if (!right) {
    problems->push_back(Cat(what, ": annotations ", sent.annotations.ToString()));
  }
}

void CheckTimes(const ExpectedAlert& expected, const ExpectedNotifications& window, const std::vector<TimestampMs>& times,
                DurationMs tolerance, std::vector<std::string>* problems) {
  const std::string what = Cat(expected.labels.ToString(), window.resolved ? " resolved" : " firing", " from ", window.from);
  if (times.empty()) {
    problems->push_back(Cat(what, ": never sent"));
    return;
  }
  if (times.front() > window.from + tolerance) {
    problems->push_back(Cat(what, ": first sent at ", times.front()));
  }
  if (times.back() < window.to - kScenarioResendMs - kScenarioRoundMs - tolerance) {
    problems->push_back(Cat(what, ": last sent at ", times.back(), ", though it holds until ", window.to));
  }
  for (size_t i = 1; i < times.size(); ++i) {
    if (times[i] - times[i - 1] > kScenarioResendMs + tolerance) {
      problems->push_back(Cat(what, ": not sent between ", times[i - 1], " and ", times[i]));
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<AlertScenario>> ReadAlertScenarios(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  const auto document = yaml::Parse(text.str());
  if (!document.ok() || document->root() == nullptr || document->root()->Find("cases") == nullptr) {
    return absl::InvalidArgumentError(Cat(path, " has no scenarios"));
  }
  std::vector<AlertScenario> scenarios;
  for (const yaml::Node* node : document->root()->Find("cases")->items) {
    scenarios.push_back(ReadScenario(*node));
  }
  return scenarios;
}

void CheckSeenAlert(const ExpectedAlert& expected, TimestampMs at, const SeenAlert* seen, DurationMs tolerance,
                    std::vector<std::string>* problems) {
  for (const ExpectedPhase& phase : expected.phases) {
    if (at < phase.from + tolerance || at >= phase.to - tolerance) {
      continue;
    }
    const std::string what = Cat(expected.labels.ToString(), " at ", at, ": ");
    const std::string state = seen == nullptr ? "inactive" : seen->state;
    if (state != phase.state) {
      problems->push_back(Cat(what, state, " instead of ", phase.state));
      continue;
    }
    if (seen == nullptr || state == "inactive") {
      continue;
    }
    if (phase.value && *phase.value != seen->value) {
      problems->push_back(Cat(what, "value ", seen->value, " instead of ", *phase.value));
    }
    if (!Near(seen->active_at, phase.active_at, tolerance)) {
      problems->push_back(Cat(what, "activeAt ", seen->active_at, " instead of ", phase.active_at));
    }
    if (phase.annotations && *phase.annotations != seen->annotations) {
      problems->push_back(Cat(what, "annotations ", seen->annotations.ToString()));
    }
  }
}

void CheckSentAlerts(const ExpectedAlert& expected, const std::vector<SentAlert>& sent, DurationMs tolerance,
                     std::vector<std::string>* problems) {
  std::vector<std::vector<TimestampMs>> times(expected.notifications.size());
  for (const SentAlert& one : sent) {
    bool found = false;
    for (size_t i = 0; i < times.size() && !found; ++i) {
      const ExpectedNotifications& window = expected.notifications[i];
      if (window.resolved == one.resolved && one.at >= window.from && one.at <= window.to + tolerance) {
        found = true;
        times[i].push_back(one.at);
        CheckOneSent(expected, window, one, tolerance, problems);
      }
    }
    if (!found) {
      problems->push_back(Cat(expected.labels.ToString(), ": unexpected at ", one.at, one.resolved ? ", resolved" : ", firing"));
    }
  }
  for (size_t i = 0; i < times.size(); ++i) {
    CheckTimes(expected, expected.notifications[i], times[i], tolerance, problems);
  }
}

}  // namespace tocsin::test
