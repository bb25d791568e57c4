#include "engine/config/external_labels.h"

#include <utility>
#include <vector>

namespace tocsin {
namespace {

bool IsSpecialVariable(char c) { return std::string_view("*#$@!?-0123456789").find(c) != std::string_view::npos; }

bool IsVariableByte(char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The name behind a '$' and the number of bytes it takes; {"", n > 0} is bad syntax, which disappears.
std::pair<std::string_view, size_t> TakeVariable(std::string_view rest) {
  if (rest[0] == '{') {
    if (rest.size() > 2 && IsSpecialVariable(rest[1]) && rest[2] == '}') {
      return {rest.substr(1, 1), 3};
    }
    const size_t end = rest.find('}');
    if (end == std::string_view::npos) {
      return {{}, 1};
    }
    return end == 1 ? std::pair{std::string_view(), size_t{2}} : std::pair{rest.substr(1, end - 1), end + 1};
  }
  if (IsSpecialVariable(rest[0])) {
    return {rest.substr(0, 1), 1};
  }
  size_t size = 0;
  while (size < rest.size() && IsVariableByte(rest[size])) {
    ++size;
  }
  return {rest.substr(0, size), size};
}

}  // namespace

std::string ExpandVariables(std::string_view text, const std::function<std::string(const std::string& name)>& lookup) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    const auto [name, size] = TakeVariable(text.substr(i + 1));
    if (size == 0) {
      out.push_back('$');
    } else if (!name.empty()) {
      out.append(name == "$" ? "$" : lookup(std::string(name)));
    }
    i += size;
  }
  return out;
}

Labels ExpandExternalLabels(const Labels& labels, const std::function<std::string(const std::string& name)>& environment) {
  const auto lookup = [&environment](const std::string& name) { return environment ? environment(name) : std::string(); };
  std::vector<std::pair<std::string, std::string>> expanded;
  for (const Label label : labels) {
    expanded.emplace_back(label.name, ExpandVariables(label.value, lookup));
  }
  return Labels::FromPairs(std::move(expanded));
}

}  // namespace tocsin
