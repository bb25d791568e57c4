#pragma once

#include <string>

namespace tocsin {

/// Appends `c` as it may stand in the text and in the attributes of HTML and XML, the five characters that mean something there as Go's
/// packages write them: &#34; &#39; &amp; &lt; &gt;.
void AppendMarkupEscaped(char c, std::string* out);

}  // namespace tocsin
