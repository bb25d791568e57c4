#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/template/value.h"

/// Values as Go's package fmt prints them.
namespace tocsin::gotemplate {

/// Longest text that one printf may make, through widths and precisions.
inline constexpr int kMaxPrintfPadding = 10'000;

/// %v: floats like %g, maps sorted, `map[a:b]`, `[1 2]`, `{...}`; "<nil>" for none.
void AppendPlain(const Value& value, std::string* out);
std::string PlainText(const Value& value);

/// As a pipeline's result is written: %v, "<no value>" for none; what a pointer points to.
void AppendPrinted(const Value& value, std::string* out);

/// fmt.Sprint: a space between two values when neither is a string.
std::string SprintValues(std::span<const Value> values);

/// fmt.Sprintln: a space between all, a newline at the end.
std::string SprintlnValues(std::span<const Value> values);

/// fmt.Sprintf with all of Go's flags, widths, precisions, indexes and its "%!d(string=x)" for what does not fit.
std::string SprintfValues(std::string_view format, std::span<const Value> args);

}  // namespace tocsin::gotemplate
