// Compares what two servers sent to their Alertmanagers (files of recording_alertmanager).
//
//   compare_notifications FILE_A FILE_B TOLERANCE_SECONDS
//
// Repetitions of the same state of an alert count once. For each alert (its labels) the sequence of states must agree: firing or resolved,
// annotations, startsAt and, of resolved ones, endsAt within the tolerance, both counted from the first alert of the file: the servers come
// to the same page at different times. Prints both sequences where they differ; exit code 1 then.

#include <simdjson.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/model/labels.h"
#include "base/strings.h"

namespace tocsin::test {
namespace {

struct Notification {
  bool resolved = false;
  double starts_s = 0;
  double ends_s = 0;
  Labels annotations;
};
using Timeline = std::map<Labels, std::vector<Notification>>;

// The end of a firing alert is minutes ahead of its sending; that of a resolved one is the evaluation just before it.
constexpr double kClockSlackSeconds = 1;

Labels ReadLabels(simdjson::dom::element object) {
  LabelsBuilder labels;
  for (const auto [name, value] : simdjson::dom::object(object)) {
    labels.Set(name, value.get_string().value());
  }
  return labels.Build();
}

double ReadTime(simdjson::dom::element text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, av(text.get_string().value()), &time, &error)) {
    return 0;
  }
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

Timeline Read(const char* file) {
  Timeline timeline;
  std::ifstream in(file, std::ios::binary);
  simdjson::dom::parser parser;
  for (std::string line; std::getline(in, line);) {
    const simdjson::dom::element document = parser.parse(line);
    const double at_s = static_cast<double>(document["at"].get_int64().value()) / 1000;
    for (const simdjson::dom::element alert : document["alerts"].get_array()) {
      Notification notification;
      simdjson::dom::element annotations;
      if (alert["annotations"].get(annotations) == simdjson::SUCCESS) {
        notification.annotations = ReadLabels(annotations);
      }
      notification.starts_s = ReadTime(alert["startsAt"]);
      notification.ends_s = ReadTime(alert["endsAt"]);
      notification.resolved = notification.ends_s <= at_s + kClockSlackSeconds;
      std::vector<Notification>& states = timeline[ReadLabels(alert["labels"])];
      const bool again =
          !states.empty() && states.back().resolved == notification.resolved && states.back().starts_s == notification.starts_s;
      if (!again) {
        states.push_back(notification);
      }
    }
  }
  return timeline;
}

std::string Text(const std::vector<Notification>& states) {
  std::string out;
  for (const Notification& state : states) {
    char line[96];
    std::snprintf(line, sizeof(line), " %s from %.1f", state.resolved ? "resolved" : "firing", state.starts_s);
    out.append(line);
    if (state.resolved) {
      std::snprintf(line, sizeof(line), " to %.1f", state.ends_s);
      out.append(line);
    }
    out.append(";");
  }
  return out;
}

// Times from the first alert on.
void CountFromFirst(Timeline* timeline) {
  double first_s = INFINITY;
  for (const auto& [labels, states] : *timeline) {
    first_s = std::fmin(first_s, states.front().starts_s);
  }
  for (auto& [labels, states] : *timeline) {
    for (Notification& state : states) {
      state.starts_s -= first_s;
      state.ends_s -= first_s;
    }
  }
}

bool Agree(const std::vector<Notification>& a, const std::vector<Notification>& b, double tolerance_s) {
  if (a.size() != b.size()) {
    return false;
  }
  for (size_t i = 0; i < a.size(); ++i) {
    const bool times =
        std::fabs(a[i].starts_s - b[i].starts_s) <= tolerance_s && (!a[i].resolved || std::fabs(a[i].ends_s - b[i].ends_s) <= tolerance_s);
    if (a[i].resolved != b[i].resolved || a[i].annotations != b[i].annotations || !times) {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace tocsin::test

int main(int argc, char** argv) {
  using namespace tocsin;
  using namespace tocsin::test;
  if (argc != 4) {
    std::fprintf(stderr, "usage: compare_notifications FILE_A FILE_B TOLERANCE_SECONDS\n");
    return 2;
  }
  Timeline a = Read(argv[1]);
  Timeline b = Read(argv[2]);
  CountFromFirst(&a);
  CountFromFirst(&b);
  const double tolerance_s = std::atof(argv[3]);
  int differences = 0;
  Timeline all = a;
  all.insert(b.begin(), b.end());
  for (const auto& [labels, ignored] : all) {
    const std::vector<Notification>& first = a.contains(labels) ? a.at(labels) : std::vector<Notification>();
    const std::vector<Notification>& second = b.contains(labels) ? b.at(labels) : std::vector<Notification>();
    const bool same = Agree(first, second, tolerance_s);
    differences += same ? 0 : 1;
    std::printf("%s %s\n  A:%s\n  B:%s\n", same ? "same" : "DIFFERENT", labels.ToString().c_str(), Text(first).c_str(),
                Text(second).c_str());
  }
  std::printf("%zu alerts, %d differences\n", all.size(), differences);
  return differences == 0 && !all.empty() ? 0 : 1;
}
