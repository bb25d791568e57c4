#pragma once

#include <string>

#include "rules/template/value.h"

namespace tocsin::gotemplate {

/// One verb of a format with its flags: "%+6.2f". The default is %v.
struct VerbSpec {
  char32_t verb = 'v';
  bool minus = false;
  bool plus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  int width = -1;            // -1: none
  int precision = -1;        // -1: none
  bool dereference = false;  // a pointer to a struct prints as the struct, without '&'
};

/// Appends the value as fmt prints it under the verb; what does not fit as "%!d(string=x)".
void AppendVerb(const VerbSpec& spec, const Value& value, std::string* out);

/// Appends `text` padded to the width in characters.
void AppendPaddedText(const VerbSpec& spec, std::string_view text, std::string* out);

void AppendUtf8(char32_t rune, std::string* out);

}  // namespace tocsin::gotemplate
