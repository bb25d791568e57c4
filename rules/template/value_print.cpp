#include "rules/template/value_print.h"

#include "rules/template/format_verb.h"

namespace tocsin::gotemplate {

void AppendPlain(const Value& value, std::string* out) { AppendVerb(VerbSpec{}, value, out); }

std::string PlainText(const Value& value) {
  std::string out;
  AppendPlain(value, &out);
  return out;
}

void AppendPrinted(const Value& value, std::string* out) {
  if (!value.valid()) {
    out->append("<no value>");
    return;
  }
  VerbSpec spec;
  spec.dereference = true;
  AppendVerb(spec, value, out);
}

std::string SprintValues(std::span<const Value> values) {
  std::string out;
  bool last_was_string = true;
  for (const Value& value : values) {
    const bool is_string = value.kind() == Value::Kind::kString || value.kind() == Value::Kind::kHtml;
    if (!is_string && !last_was_string) {
      out.push_back(' ');
    }
    AppendPlain(value, &out);
    last_was_string = is_string;
  }
  return out;
}

std::string SprintlnValues(std::span<const Value> values) {
  std::string out;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) {
      out.push_back(' ');
    }
    AppendPlain(values[i], &out);
  }
  out.push_back('\n');
  return out;
}

}  // namespace tocsin::gotemplate
