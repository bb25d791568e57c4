#include "api/http/router.h"

#include <algorithm>

#include "base/check.h"

namespace tocsin::http {
namespace {

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (start < path.size()) {
    const size_t end = std::min(path.find('/', start), path.size());
    if (end > start) {
      parts.emplace_back(path.substr(start, end - start));
    }
    start = end + 1;
  }
  return parts;
}

bool IsVariable(std::string_view part) { return part.starts_with(':') || part == "*"; }

size_t LiteralParts(const std::vector<std::string>& parts) {
  return static_cast<size_t>(std::count_if(parts.begin(), parts.end(), [](const std::string& part) { return !IsVariable(part); }));
}

bool MatchParts(const std::vector<std::string>& pattern, const std::vector<std::string>& path, std::vector<std::string>* parameters) {
  parameters->clear();
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "*") {
      std::string rest;
      for (size_t j = i; j < path.size(); ++j) {
        Append(&rest, j == i ? "" : "/", path[j]);
      }
      parameters->push_back(std::move(rest));
      return true;
    }
    if (i >= path.size()) {
      return false;
    }
    if (pattern[i].starts_with(':')) {
      parameters->push_back(path[i]);
    } else if (pattern[i] != path[i]) {
      return false;
    }
  }
  return pattern.size() == path.size();
}

}  // namespace

std::string CanonicalPath(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') {
      out.push_back(c);
    }
  }
  while (out.size() > 1 && out.back() == '/') {
    out.pop_back();
  }
  return out.empty() ? "/" : out;
}

void Router::Handle(std::string_view methods, std::string_view pattern, Handler handler) {
  std::vector<std::string> parts = SplitPath(pattern);
  Entry* entry = nullptr;
  if (std::any_of(parts.begin(), parts.end(), IsVariable)) {
    const auto same = std::find_if(variable_.begin(), variable_.end(), [&](const auto& e) { return e->pattern == pattern; });
    if (same != variable_.end()) {
      entry = same->get();
    } else {
      const size_t literals = LiteralParts(parts);
      const auto place = std::find_if(variable_.begin(), variable_.end(), [&](const auto& e) { return LiteralParts(e->parts) < literals; });
      entry = variable_.insert(place, std::make_unique<Entry>())->get();
    }
  } else {
    std::unique_ptr<Entry>& slot = literal_[CanonicalPath(pattern)];
    if (slot == nullptr) {
      slot = std::make_unique<Entry>();
    }
    entry = slot.get();
  }
  entry->pattern = pattern;
  entry->parts = std::move(parts);
  while (!methods.empty()) {
    const size_t end = std::min(methods.find(' '), methods.size());
    const std::string method(methods.substr(0, end));
    methods.remove_prefix(std::min(end + 1, methods.size()));
    for (const auto& [known, unused] : entry->methods) {
      TOCSIN_CHECK_OP(known, !=, method);
    }
    entry->methods.emplace_back(method, handler);
  }
}

const Handler* Router::Entry::Find(std::string_view method) const {
  for (const auto& [known, handler] : methods) {
    if (known == method) {
      return &handler;
    }
  }
  return nullptr;
}

Router::Found Router::Find(const Request& request) const {
  Found found;
  const std::string canonical = CanonicalPath(request.path);
  if (const auto it = literal_.find(canonical); it != literal_.end()) {
    found = {.entry = it->second.get(), .handler = it->second->Find(request.method), .parameters = {}};
    if (found.handler != nullptr) {
      return found;
    }
  }
  const std::vector<std::string> parts = SplitPath(canonical);
  std::vector<std::string> parameters;
  for (const auto& entry : variable_) {
    if (!MatchParts(entry->parts, parts, &parameters)) {
      continue;
    }
    if (const Handler* handler = entry->Find(request.method)) {
      return {.entry = entry.get(), .handler = handler, .parameters = std::move(parameters)};
    }
    // A path that only a '*' knows, with other methods, is not known.
    if (found.entry == nullptr && entry->parts.back() != "*") {
      found.entry = entry.get();
    }
  }
  return found;
}

std::vector<std::string> Router::Routes() const {
  std::vector<std::string> routes;
  const auto add = [&routes](const Entry& entry) {
    for (const auto& [method, unused] : entry.methods) {
      routes.push_back(Cat(method, " ", entry.pattern));
    }
  };
  for (const auto& [path, entry] : literal_) {
    add(*entry);
  }
  for (const auto& entry : variable_) {
    add(*entry);
  }
  return routes;
}

Response Router::Route(Request& request, std::string_view* pattern) const {
  Found found = Find(request);
  if (pattern != nullptr) {
    *pattern = found.entry == nullptr ? std::string_view() : std::string_view(found.entry->pattern);
  }
  if (found.handler != nullptr) {
    request.path_parameters = std::move(found.parameters);
    return (*found.handler)(request);
  }
  if (found.entry == nullptr) {
    return TextResponse(404, "404 page not found\n");
  }
  std::string allowed;
  for (const auto& [method, handler] : found.entry->methods) {
    Append(&allowed, allowed.empty() ? "" : ", ", method);
  }
  Response response = TextResponse(405, "Method Not Allowed\n");
  response.Set("Allow", allowed);
  return response;
}

}  // namespace tocsin::http
