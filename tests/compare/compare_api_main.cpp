// Sends the same requests to two servers that hold the same data and compares the answers: status, Content-Type, and the JSON value by
// value, then byte by byte.
//
//   compare_api URL_A URL_B REQUESTS DIFFERENCES
//
// REQUESTS: a request a line, as in request_line.h; other lines, such as the answers of tests/api/golden, are passed over.
// DIFFERENCES: what may differ, "REQUEST | PLACE | REASON" a line; the first two are regular expressions for a whole request line and a
// whole place, such as data\.activeTargets\[\d+\]\.lastScrape. The reasons that were needed are listed behind the result, and those that
// were not.
// Prints each difference that has no reason and "N requests, N differences, N of them without a reason"; exit code 1 for those.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/json/reader.h"
#include "base/model/regex.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "tests/doubles/request_line.h"

namespace tocsin::test {
namespace {

constexpr size_t kShownBytesMax = 300;

struct AllowedDifference {
  std::shared_ptr<const AnchoredRegex> request;
  std::shared_ptr<const AnchoredRegex> place;
  std::string reason;
  int used = 0;
};

struct ApiAnswer {
  int status = 0;
  std::string type;
  std::string body;
};

std::vector<std::string> ReadLines(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && !line.starts_with('#')) {
      lines.push_back(line);
    }
  }
  return lines;
}

std::string Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? "" : std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

bool ReadAllowed(const char* path, std::vector<AllowedDifference>* allowed) {
  for (const std::string& line : ReadLines(path)) {
    const size_t first = line.find(" | ");
    const size_t second = first == std::string::npos ? first : line.find(" | ", first + 3);
    if (second == std::string::npos) {
      std::fprintf(stderr, "compare_api: not REQUEST | PLACE | REASON: %s\n", line.c_str());
      return false;
    }
    const auto request = AnchoredRegex::Create(Trim(line.substr(0, first)));
    const auto place = AnchoredRegex::Create(Trim(line.substr(first + 3, second - first - 3)));
    if (!request.ok() || !place.ok()) {
      std::fprintf(stderr, "compare_api: bad regular expression: %s\n", line.c_str());
      return false;
    }
    allowed->push_back({.request = *request, .place = *place, .reason = Trim(line.substr(second + 3))});
  }
  return true;
}

std::string Shown(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return value.boolean().value_or(false) ? "true" : "false";
    case JsonKind::kNumber:
      return GoFloat(value.number().value_or(0), 'g');
    case JsonKind::kString:
      return std::string(value.text().substr(0, kShownBytesMax));
    case JsonKind::kArray:
      return Cat("array of ", value.items().size());
    case JsonKind::kObject:
      break;
  }
  return Cat("object of ", value.members().size());
}

class ApiComparison {
 public:
  ApiComparison(std::string url_a, std::string url_b, std::vector<AllowedDifference> allowed)
      : url_a_(std::move(url_a)), url_b_(std::move(url_b)), allowed_(std::move(allowed)), client_(HttpClientOptions{}, clock_) {}

  void Compare(const std::string& request) {
    request_ = request;
    ++requests_;
    const ApiAnswer a = Ask(url_a_, request);
    const ApiAnswer b = Ask(url_b_, request);
    const int before = differences_;
    CompareText("status", std::to_string(a.status), std::to_string(b.status));
    CompareText("type", a.type, b.type);
    const absl::StatusOr<JsonValue> json_a = document_a_.Parse(a.body);
    const absl::StatusOr<JsonValue> json_b = document_b_.Parse(b.body);
    if (json_a.ok() && json_b.ok()) {
      CompareJson("", *json_a, *json_b);
    }
    if (differences_ == before) {
      CompareText(json_a.ok() && json_b.ok() ? "bytes" : "body", a.body, b.body);
    }
  }

  int Report() const {
    std::printf("\nallowed differences:\n");
    for (const AllowedDifference& allowed : allowed_) {
      std::printf("  %6d  %s (%s)\n", allowed.used, allowed.reason.c_str(), allowed.place->pattern().c_str());
    }
    std::printf("%d requests, %d differences, %d of them without a reason\n", requests_, differences_, unexplained_);
    return unexplained_ == 0 && requests_ > 0 ? 0 : 1;
  }

 private:
  ApiAnswer Ask(const std::string& url, const std::string& line) {
    RequestLine parsed = ParseRequestLine(line);
    HttpRequest request;
    request.method = parsed.method;
    if (request.method != "GET") {
      request.body = std::move(parsed.form);
      request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    }
    request.url = url + parsed.target;
    const absl::StatusOr<HttpResponse> response = client_.Do(request);
    if (!response.ok()) {
      return {.status = 0, .type = "", .body = std::string(Message(response.status()))};
    }
    return {.status = response->status, .type = std::string(response->Header("Content-Type")), .body = response->body};
  }

  void Differ(const std::string& place, const std::string& a, const std::string& b) {
    ++differences_;
    for (AllowedDifference& allowed : allowed_) {
      if (allowed.request->Matches(request_) && allowed.place->Matches(place)) {
        ++allowed.used;
        return;
      }
    }
    ++unexplained_;
    std::printf("%s\n  at %s\n  a: %s\n  b: %s\n", request_.c_str(), place.c_str(), a.c_str(), b.c_str());
  }

  void CompareText(const std::string& place, const std::string& a, const std::string& b) {
    if (a != b) {
      Differ(place, a.substr(0, kShownBytesMax), b.substr(0, kShownBytesMax));
    }
  }

  void CompareJson(const std::string& place, const JsonValue& a, const JsonValue& b) {
    if (a.kind() == JsonKind::kObject && b.kind() == JsonKind::kObject) {
      CompareObjects(place, a, b);
    } else if (a.kind() == JsonKind::kArray && b.kind() == JsonKind::kArray) {
      CompareArrays(place, a.items(), b.items());
    } else if (a.kind() != b.kind() || Shown(a) != Shown(b)) {
      Differ(place, Shown(a), Shown(b));
    }
  }

  void CompareObjects(const std::string& place, const JsonValue& a, const JsonValue& b) {
    std::set<std::string_view> names;
    std::map<std::string_view, JsonValue> of_a;
    std::map<std::string_view, JsonValue> of_b;
    for (const auto& [name, value] : a.members()) {
      of_a.emplace(name, value);
      names.insert(name);
    }
    for (const auto& [name, value] : b.members()) {
      of_b.emplace(name, value);
      names.insert(name);
    }
    for (const std::string_view name : names) {
      const std::string member = place.empty() ? std::string(name) : Cat(place, ".", name);
      if (!of_a.contains(name) || !of_b.contains(name)) {
        Differ(member, of_a.contains(name) ? Shown(of_a[name]) : "(absent)", of_b.contains(name) ? Shown(of_b[name]) : "(absent)");
      } else {
        CompareJson(member, of_a[name], of_b[name]);
      }
    }
  }

  void CompareArrays(const std::string& place, const std::vector<JsonValue>& a, const std::vector<JsonValue>& b) {
    if (a.size() != b.size()) {
      Differ(place, Cat("array of ", a.size()), Cat("array of ", b.size()));
    }
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      CompareJson(Cat(place, "[", i, "]"), a[i], b[i]);
    }
  }

  const std::string url_a_;
  const std::string url_b_;
  std::vector<AllowedDifference> allowed_;
  const SystemClock clock_;
  HttpClient client_;
  JsonDocument document_a_;
  JsonDocument document_b_;
  std::string request_;
  int requests_ = 0;
  int differences_ = 0;
  int unexplained_ = 0;
};

}  // namespace
}  // namespace tocsin::test

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: compare_api URL_A URL_B REQUESTS DIFFERENCES\n");
    return 2;
  }
  std::vector<tocsin::test::AllowedDifference> allowed;
  if (!tocsin::test::ReadAllowed(argv[4], &allowed)) {
    return 2;
  }
  tocsin::test::ApiComparison comparison(argv[1], argv[2], std::move(allowed));
  for (const std::string& line : tocsin::test::ReadLines(argv[3])) {
    if (tocsin::test::IsRequestLine(line)) {
      comparison.Compare(line);
    }
  }
  return comparison.Report();
}
