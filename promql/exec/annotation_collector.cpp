#include <algorithm>
#include <tuple>
#include <vector>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/time_text.h"
#include "promql/exec/annotation.h"
#include "promql/parser.h"

namespace tocsin::promql {

namespace {

void MergeInto(Annotation* annotation, const Annotation& other) {
  annotation->occurrences += other.occurrences;
  annotation->min_t = std::min(annotation->min_t, other.min_t);
  annotation->max_t = std::max(annotation->max_t, other.max_t);
  annotation->min_bucket = std::min(annotation->min_bucket, other.min_bucket);
  annotation->max_bucket = std::max(annotation->max_bucket, other.max_bucket);
  annotation->max_difference = std::max(annotation->max_difference, other.max_difference);
}

std::string AnnotationText(const Annotation& annotation, std::string_view query) {
  std::string text = annotation.text;
  if (annotation.merge == Annotation::Merge::kForcedMonotonicity) {
    Append(&text, ", from buckets ", GoFloat(annotation.min_bucket, 'g'), " to ", GoFloat(annotation.max_bucket, 'g'),
           ", with a max diff of ", GoFloat(annotation.max_difference, 'g', 2), ", over ", annotation.occurrences, " samples from ",
           FormatRfc3339Nano(annotation.min_t / 1000 * 1000), " to ", FormatRfc3339Nano(annotation.max_t / 1000 * 1000));
  } else if (annotation.merge == Annotation::Merge::kStartTimeOverlap && annotation.occurrences > 1) {
    Append(&text, " (", annotation.occurrences, " occurrences)");
  }
  Append(&text, " (", FormatPosition(query, annotation.pos.start), ")");
  return text;
}

}  // namespace

void AnnotationCollector::Add(int evaluation_order, Annotation annotation) {
  MutexLock lock(mu_);
  auto [it, added] = entries_.try_emplace(annotation.text);
  Entry& entry = it->second;
  if (added) {
    entry = {std::move(annotation), evaluation_order};
    return;
  }
  if (annotation.merge != Annotation::Merge::kNone) {
    MergeInto(&entry.annotation, annotation);
  }
  const auto place = std::tuple(evaluation_order, annotation.pos.start);
  if (place > std::tuple(entry.evaluation_order, entry.annotation.pos.start)) {
    entry.annotation.pos = annotation.pos;
    entry.evaluation_order = evaluation_order;
  }
}

Annotations AnnotationCollector::Render(std::string_view query) const {
  MutexLock lock(mu_);
  std::vector<const Annotation*> ordered;
  ordered.reserve(entries_.size());
  for (const auto& [text, entry] : entries_) {
    ordered.push_back(&entry.annotation);
  }
  std::sort(ordered.begin(), ordered.end(),
            [](const Annotation* a, const Annotation* b) { return std::tie(a->pos.start, a->text) < std::tie(b->pos.start, b->text); });
  Annotations out;
  for (const Annotation* annotation : ordered) {
    auto& list = annotation->level == Annotation::Level::kWarning ? out.warnings : out.infos;
    list.push_back(AnnotationText(*annotation, query));
  }
  return out;
}

}  // namespace tocsin::promql
