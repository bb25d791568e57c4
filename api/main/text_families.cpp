#include "api/main/text_families.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "absl/strings/ascii.h"
#include "base/model/labels.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

using Families = std::map<std::string, TextFamily>;
using LabelPair = std::pair<std::string, std::string>;

constexpr std::array<std::pair<std::string_view, FamilyType>, 6> kTypes = {{{"counter", FamilyType::kCounter},
                                                                            {"gauge", FamilyType::kGauge},
                                                                            {"summary", FamilyType::kSummary},
                                                                            {"untyped", FamilyType::kUntyped},
                                                                            {"histogram", FamilyType::kHistogram},
                                                                            {"gauge_histogram", FamilyType::kGaugeHistogram}}};

/// The part that a line has in its family.
enum class LineRole { kPlain, kSum, kCount };

absl::Status Bad(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

bool IsNameStart(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }

/// One line; behind its end stand line ends.
class LineCursor {
 public:
  explicit LineCursor(std::string_view line) : rest_(line) {}

  char Peek() const { return rest_.empty() ? '\n' : rest_.front(); }
  bool AtEnd() const { return rest_.empty(); }
  void Step() { rest_.remove_prefix(rest_.empty() ? 0 : 1); }
  void SkipBlanks() {
    while (Peek() == ' ' || Peek() == '\t') {
      Step();
    }
  }
  std::string_view Word() {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t"));
    rest_.remove_prefix(word.size());
    return word;
  }
  std::string_view Rest() { return std::exchange(rest_, std::string_view()); }

  /// A metric's or label's name, quoted or not; empty: there is none.
  absl::StatusOr<std::string> Name(bool colons, std::string_view what) {
    if (Peek() == '"') {
      return Quoted(what);
    }
    std::string name;
    while (IsNameStart(Peek()) || (colons && Peek() == ':') || (!name.empty() && absl::ascii_isdigit(static_cast<unsigned char>(Peek())))) {
      name.push_back(Peek());
      Step();
    }
    return name;
  }

  /// A text in double quotes.
  absl::StatusOr<std::string> Quoted(std::string_view what) {
    std::string text;
    for (Step(); Peek() != '"'; Step()) {
      if (AtEnd()) {
        return Bad(Cat(what, " ", GoQuoted(text), " contains unescaped new-line"));
      }
      if (Peek() != '\\') {
        text.push_back(Peek());
        continue;
      }
      Step();
      RETURN_IF_ERROR(Unescape(&text));
    }
    Step();
    return text;
  }

  /// The character behind a backslash.
  absl::Status Unescape(std::string* text) const {
    const char c = Peek();
    if (c != '\\' && c != '"' && (c != 'n' || AtEnd())) {
      return Bad(Cat("invalid escape sequence '\\", std::string_view(&c, 1), "'"));
    }
    text->push_back(c == 'n' ? '\n' : c);
    return absl::OkStatus();
  }

 private:
  std::string_view rest_;
};

class FamilyReader {
 public:
  absl::Status ReadLine(std::string_view line) {
    LineCursor cursor(line);
    cursor.SkipBlanks();
    if (cursor.AtEnd()) {
      return absl::OkStatus();
    }
    if (cursor.Peek() == '#') {
      cursor.Step();
      return ReadComment(&cursor);
    }
    return ReadSample(&cursor);
  }

  Families Take() {
    std::erase_if(families_, [](const auto& entry) { return entry.second.metrics.empty(); });
    return std::move(families_);
  }

 private:
  absl::Status ReadComment(LineCursor* cursor) {
    cursor->SkipBlanks();
    const std::string_view keyword = cursor->Word();
    if ((keyword != "HELP" && keyword != "TYPE") || cursor->AtEnd()) {
      return absl::OkStatus();
    }
    cursor->SkipBlanks();
    ASSIGN_OR_RETURN(const std::string name, cursor->Name(true, "metric name"));
    if (cursor->AtEnd()) {
      return absl::OkStatus();
    }
    if (cursor->Peek() != ' ' && cursor->Peek() != '\t') {
      return Bad("invalid metric name in comment");
    }
    TextFamily& family = FamilyOf(name);
    cursor->SkipBlanks();
    if (cursor->AtEnd()) {
      return absl::OkStatus();
    }
    return keyword == "HELP" ? ReadHelp(cursor, &family) : ReadType(cursor, &family);
  }

  static absl::Status ReadHelp(LineCursor* cursor, TextFamily* family) {
    if (family->help.has_value()) {
      return Bad(Cat("second HELP line for metric name ", GoQuoted(family->name)));
    }
    std::string help;
    for (; !cursor->AtEnd(); cursor->Step()) {
      if (cursor->Peek() != '\\') {
        help.push_back(cursor->Peek());
        continue;
      }
      cursor->Step();
      RETURN_IF_ERROR(cursor->Unescape(&help));
    }
    family->help = std::move(help);
    return absl::OkStatus();
  }

  static absl::Status ReadType(LineCursor* cursor, TextFamily* family) {
    if (family->type.has_value()) {
      return Bad(Cat("second TYPE line for metric name ", GoQuoted(family->name), ", or TYPE reported after samples"));
    }
    const std::string_view text = cursor->Rest();
    const std::string lower = absl::AsciiStrToLower(av(text));
    const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&lower](const auto& entry) { return entry.first == lower; });
    if (found == kTypes.end()) {
      return Bad(Cat("unknown metric type ", GoQuoted(text)));
    }
    family->type = found->second;
    return absl::OkStatus();
  }

  /// The family that a name belongs to: its own, or that of a summary or histogram without _sum, _count, _bucket.
  TextFamily& FamilyOf(const std::string& name) {
    role_ = LineRole::kPlain;
    if (const auto it = families_.find(name); it != families_.end()) {
      return it->second;
    }
    for (const std::string_view suffix : {"_count", "_sum", "_bucket"}) {
      if (name.size() <= suffix.size() || !name.ends_with(suffix)) {
        continue;
      }
      const auto it = families_.find(name.substr(0, name.size() - suffix.size()));
      if (it == families_.end()) {
        continue;
      }
      const FamilyType type = it->second.type.value_or(FamilyType::kUntyped);
      if (type == FamilyType::kHistogram || (type == FamilyType::kSummary && suffix != "_bucket")) {
        role_ = suffix == "_count" ? LineRole::kCount : suffix == "_sum" ? LineRole::kSum : LineRole::kPlain;
        return it->second;
      }
    }
    TextFamily& family = families_[name];
    family.name = name;
    return family;
  }

  absl::Status ReadSample(LineCursor* cursor) {
    std::string name;
    const bool inside = cursor->Peek() == '{';
    if (inside) {
      cursor->Step();
      cursor->SkipBlanks();
    }
    ASSIGN_OR_RETURN(name, cursor->Name(true, "metric name"));
    if (name.empty()) {
      return Bad("invalid metric name");
    }
    TextFamily& family = FamilyOf(name);
    family.type = family.type.value_or(FamilyType::kUntyped);
    TextMetric metric;
    part_.reset();
    cursor->SkipBlanks();
    if (inside) {
      if (cursor->Peek() != ',' && cursor->Peek() != '}') {
        return Bad(Cat("unexpected end of metric value ", GoQuotedRune(static_cast<unsigned char>(cursor->Peek()))));
      }
      RETURN_IF_ERROR(ReadLabels(cursor, family, &metric));
    } else if (cursor->Peek() == '{') {
      RETURN_IF_ERROR(ReadLabels(cursor, family, &metric));
    }
    return ReadValue(cursor, &family, std::move(metric));
  }

  /// From the brace or comma in front of the first label to behind the closing brace.
  absl::Status ReadLabels(LineCursor* cursor, const TextFamily& family, TextMetric* metric) {
    while (true) {
      if (cursor->Peek() != '}') {
        cursor->Step();
        cursor->SkipBlanks();
      }
      if (cursor->Peek() == '}') {
        cursor->Step();
        cursor->SkipBlanks();
        return absl::OkStatus();
      }
      ASSIGN_OR_RETURN(std::string name, cursor->Name(false, "label name"));
      if (name.empty()) {
        return Bad(Cat("invalid label name for metric ", GoQuoted(family.name)));
      }
      RETURN_IF_ERROR(ReadLabelValue(cursor, family, std::move(name), metric));
    }
  }

  absl::Status ReadLabelValue(LineCursor* cursor, const TextFamily& family, std::string name, TextMetric* metric) {
    cursor->SkipBlanks();
    if (cursor->Peek() != '=') {
      return Bad(Cat("expected '=' after label name, found ", GoQuotedRune(static_cast<unsigned char>(cursor->Peek()))));
    }
    if (name == "__name__") {
      return Bad("label name \"__name__\" is reserved");
    }
    const bool is_part =
        (family.type == FamilyType::kHistogram && name == "le") || (family.type == FamilyType::kSummary && name == "quantile");
    if (!is_part && std::any_of(metric->labels.begin(), metric->labels.end(), [&](const LabelPair& pair) { return pair.first == name; })) {
      return Bad(Cat("duplicate label names for metric ", GoQuoted(family.name)));
    }
    cursor->Step();
    cursor->SkipBlanks();
    if (cursor->Peek() != '"') {
      return Bad(Cat("expected '\"' at start of label value, found ", GoQuotedRune(static_cast<unsigned char>(cursor->Peek()))));
    }
    ASSIGN_OR_RETURN(std::string value, cursor->Quoted("label value"));
    if (!IsValidUtf8(value)) {
      return Bad(Cat("invalid label value ", GoQuoted(value)));
    }
    if (is_part) {
      const ParsedFloat bound = ParseSampleFloat(value);
      if (!bound.ok()) {
        return Bad(Cat("expected float as value for '", name, "' label, got ", GoQuoted(value)));
      }
      part_ = bound.value;
    }
    cursor->SkipBlanks();
    if (cursor->Peek() != ',' && cursor->Peek() != '}') {
      return Bad(Cat("unexpected end of label value ", GoQuoted(value)));
    }
    if (!is_part) {
      metric->labels.emplace_back(std::move(name), std::move(value));
    }
    return absl::OkStatus();
  }

  absl::Status ReadValue(LineCursor* cursor, TextFamily* family, TextMetric metric) {
    const std::string_view text = cursor->Word();
    const ParsedFloat value = ParseSampleFloat(text);
    if (!value.ok()) {
      return Bad(Cat("expected float as value, got ", GoQuoted(text)));
    }
    TextMetric& target = Place(family, std::move(metric));
    Put(value.value, *family, &target);
    return cursor->AtEnd() ? absl::OkStatus() : ReadTimestamp(cursor, &target);
  }

  static absl::Status ReadTimestamp(LineCursor* cursor, TextMetric* metric) {
    cursor->SkipBlanks();
    const std::string_view text = cursor->Word();
    int64_t t = 0;
    const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), t);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      return Bad(Cat("expected integer as timestamp, got ", GoQuoted(text)));
    }
    metric->timestamp = t;
    if (!cursor->AtEnd()) {
      return Bad(Cat("spurious string after timestamp: ", GoQuoted(cursor->Rest())));
    }
    return absl::OkStatus();
  }

  /// The metric of the family that the line adds to: lines of summaries and histograms with the same labels share one.
  TextMetric& Place(TextFamily* family, TextMetric metric) {
    if (family->type == FamilyType::kSummary || family->type == FamilyType::kHistogram) {
      std::vector<LabelPair> key = metric.labels;
      std::sort(key.begin(), key.end());
      const auto [it, is_new] = places_.try_emplace({family->name, std::move(key)}, family->metrics.size());
      if (!is_new) {
        return family->metrics[it->second];
      }
    }
    family->metrics.push_back(std::move(metric));
    return family->metrics.back();
  }

  void Put(double value, const TextFamily& family, TextMetric* metric) const {
    if (family.type != FamilyType::kSummary && family.type != FamilyType::kHistogram) {
      metric->value = value;
    } else if (role_ == LineRole::kSum) {
      metric->sum = value;
    } else if (role_ == LineRole::kCount) {
      metric->count = value;
    } else if (part_.has_value()) {
      metric->parts.emplace_back(*part_, value);
    }
  }

  Families families_;
  std::map<std::pair<std::string, std::vector<LabelPair>>, size_t> places_;
  LineRole role_ = LineRole::kPlain;
  std::optional<double> part_;  // le or quantile of the line
};

}  // namespace

std::string_view ToString(FamilyType type) {
  for (const auto& [name, known] : kTypes) {
    if (known == type) {
      return name;
    }
  }
  return "";
}

absl::StatusOr<Families> ReadTextFamilies(std::string_view text) {
  FamilyReader reader;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    absl::Status status = reader.ReadLine(text.substr(0, end));
    if (status.ok() && end == std::string_view::npos && text.find_first_not_of(" \t") != std::string_view::npos) {
      status = Bad("unexpected end of input stream");
    }
    if (!status.ok()) {
      return Bad(Cat("text format parsing error in line ", number, ": ", Message(status)));
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return reader.Take();
}

}  // namespace tocsin
