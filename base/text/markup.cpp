#include "base/text/markup.h"

namespace tocsin {

void AppendMarkupEscaped(char c, std::string* out) {
  switch (c) {
    case '"':
      out->append("&#34;");
      break;
    case '\'':
      out->append("&#39;");
      break;
    case '&':
      out->append("&amp;");
      break;
    case '<':
      out->append("&lt;");
      break;
    case '>':
      out->append("&gt;");
      break;
    default:
      out->push_back(c);
  }
}

}  // namespace tocsin
