#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "api/http/message.h"
#include "base/strings.h"

namespace tocsin::http {

/// Finds the handler of a path. Patterns are parts between slashes: a literal, `:name` for any one non-empty part, and `*` as the last
/// part for all that follows. Literals win over `:name`, longer prefixes over shorter ones; a pattern that has the method over one that has
/// not.
///
/// Paths are compared without double slashes and without a slash at the end, so that nothing has to be redirected. An unknown path is
/// answered 404, a known one with another method 405 with `Allow`.
/// Threads: safe once all handlers are in.
class Router {
 public:
  /// `methods` as in "GET POST". `pattern` must be new for those methods.
  void Handle(std::string_view methods, std::string_view pattern, Handler handler);

  /// Answers by the handler found, with path_parameters filled in. `pattern` receives the pattern that the path belongs to
  /// ("/api/v1/label/:name/values"), for metrics; "" for none.
  Response Route(Request& request, std::string_view* pattern = nullptr) const;

  /// All that is answered: "GET /api/v1/query", in no order.
  std::vector<std::string> Routes() const;

 private:
  struct Entry {
    std::string pattern;
    std::vector<std::string> parts;
    std::vector<std::pair<std::string, Handler>> methods;

    const Handler* Find(std::string_view method) const;
  };
  /// Without a handler: the entry knows the path, but not the method; without an entry: nobody knows it.
  struct Found {
    const Entry* entry = nullptr;
    const Handler* handler = nullptr;
    std::vector<std::string> parameters;
  };

  Found Find(const Request& request) const;

  absl::flat_hash_map<std::string, std::unique_ptr<Entry>, StringHash, StringEq> literal_;
  std::vector<std::unique_ptr<Entry>> variable_;  // with ':' or '*', most literal parts first
};

/// "/a/b" of "//a/b/" and of "/a/b"; "/" of "".
std::string CanonicalPath(std::string_view path);

}  // namespace tocsin::http
