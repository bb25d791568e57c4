#pragma once

#include <string>
#include <string_view>

namespace tocsin::gotemplate {

/// Upper and lower case of ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic letters; other characters stay.
std::string UpperCased(std::string_view text);
std::string LowerCased(std::string_view text);

/// The first letter of each word in upper case, the others as they are. Words end as in Unicode's word boundaries: an apostrophe, a full
/// stop or a colon between two letters does not end one.
std::string TitleCased(std::string_view text);

}  // namespace tocsin::gotemplate
