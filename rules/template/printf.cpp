#include <algorithm>

#include "base/strings.h"
#include "base/text/quote.h"
#include "rules/template/format_verb.h"
#include "rules/template/value_print.h"

namespace tocsin::gotemplate {
namespace {

/// Walks a format; the rules of Go's package fmt ("Explicit argument indexes", "Format errors").
class FormatWalk {
 public:
  FormatWalk(std::string_view format, std::span<const Value> args) : rest_(format), args_(args) {}

  std::string Run() {
    while (!rest_.empty()) {
      const size_t percent = std::min(rest_.find('%'), rest_.size());
      out_.append(rest_.substr(0, percent));
      rest_.remove_prefix(percent);
      if (rest_.empty()) {
        break;
      }
      rest_.remove_prefix(1);
      OneVerb();
    }
    AppendExtra();
    return std::move(out_);
  }

 private:
  void OneVerb() {
    VerbSpec spec;
    ReadFlags(&spec);
    after_index_ = false;
    good_index_ = true;
    ReadIndex();
    if (!ReadStar(&spec.width, &spec.minus, "%!(BADWIDTH)")) {
      spec.width = ReadNumber();
      if (after_index_ && spec.width >= 0) {
        good_index_ = false;  // "%[3]2d"
      }
    }
    if (spec.minus) {
      spec.zero = false;
    }
    if (!rest_.empty() && rest_[0] == '.') {
      rest_.remove_prefix(1);
      if (after_index_) {
        good_index_ = false;  // "%[3].2d"
      }
      ReadIndex();
      bool negative = false;
      if (!ReadStar(&spec.precision, &negative, "%!(BADPREC)")) {
        spec.precision = std::max(ReadNumber(), 0);
      } else if (negative) {
        spec.precision = -1;
        out_.append("%!(BADPREC)");
      }
    }
    if (!after_index_) {
      ReadIndex();
    }
    if (rest_.empty()) {
      out_.append("%!(NOVERB)");
      return;
    }
    PrintVerb(spec);
  }

  void PrintVerb(VerbSpec spec) {
    const size_t length = std::max<size_t>(Utf8SequenceLength(rest_), 1);
    const std::string_view verb = rest_.substr(0, length);
    spec.verb = DecodeRune(verb);
    rest_.remove_prefix(length);
    if (verb == "%") {
      out_.push_back('%');
    } else if (!good_index_) {
      Append(&out_, "%!", verb, "(BADINDEX)");
    } else if (next_ >= args_.size()) {
      Append(&out_, "%!", verb, "(MISSING)");
    } else {
      AppendVerb(spec, args_[next_++], &out_);
    }
  }

  static char32_t DecodeRune(std::string_view bytes) {
    const auto lead = static_cast<unsigned char>(bytes[0]);
    if (bytes.size() == 1) {
      return lead;
    }
    char32_t rune = lead & (0xFF >> (bytes.size() + 1));
    for (const char c : bytes.substr(1)) {
      rune = (rune << 6) | (static_cast<unsigned char>(c) & 0x3F);
    }
    return rune;
  }

  void ReadFlags(VerbSpec* spec) {
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      switch (rest_[0]) {
        case '#':
          spec->sharp = true;
          break;
        case '0':
          spec->zero = true;
          break;
        case '+':
          spec->plus = true;
          break;
        case '-':
          spec->minus = true;
          break;
        case ' ':
          spec->space = true;
          break;
        default:
          return;
      }
    }
  }

  /// -1 when there is none.
  int ReadNumber() {
    int number = -1;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      number = std::min(std::max(number, 0) * 10 + (rest_[0] - '0'), kMaxPrintfPadding);
      rest_.remove_prefix(1);
    }
    return number;
  }

  /// "[3]": the next argument by its number.
  void ReadIndex() {
    if (rest_.empty() || rest_[0] != '[') {
      return;
    }
    reordered_ = true;
    const size_t close = rest_.find(']');
    if (close == std::string_view::npos) {
      good_index_ = false;
      rest_.remove_prefix(1);
      return;
    }
    std::string_view inside = rest_.substr(1, close - 1);
    rest_.remove_prefix(close + 1);
    size_t index = 0;
    for (const char c : inside) {
      if (c < '0' || c > '9' || index > args_.size()) {
        index = 0;
        break;
      }
      index = index * 10 + static_cast<size_t>(c - '0');
    }
    if (index == 0 || index > args_.size()) {
      good_index_ = false;
      return;
    }
    next_ = index - 1;
    after_index_ = true;
  }

  /// "*": the number comes from an argument. False when there is no star.
  bool ReadStar(int* number, bool* negative, std::string_view error) {
    if (rest_.empty() || rest_[0] != '*') {
      return false;
    }
    rest_.remove_prefix(1);
    after_index_ = false;
    if (next_ >= args_.size() || args_[next_].kind() != Value::Kind::kInt || std::abs(args_[next_].int_value()) > kMaxPrintfPadding) {
      out_.append(error);
      next_ = std::min(next_ + 1, args_.size());
      return true;
    }
    const int64_t value = args_[next_++].int_value();
    *negative = *negative || value < 0;
    *number = static_cast<int>(std::abs(value));
    return true;
  }

  void AppendExtra() {
    if (reordered_ || next_ >= args_.size()) {
      return;
    }
    out_.append("%!(EXTRA ");
    for (size_t i = next_; i < args_.size(); ++i) {
      if (i > next_) {
        out_.append(", ");
      }
      if (!args_[i].valid()) {
        out_.append("<nil>");
        continue;
      }
      Append(&out_, args_[i].type_name(), "=");
      AppendPlain(args_[i], &out_);
    }
    out_.push_back(')');
  }

  std::string_view rest_;
  std::span<const Value> args_;
  std::string out_;
  size_t next_ = 0;
  bool reordered_ = false;
  bool good_index_ = true;
  bool after_index_ = false;
};

}  // namespace

std::string SprintfValues(std::string_view format, std::span<const Value> args) { return FormatWalk(format, args).Run(); }

}  // namespace tocsin::gotemplate
