#include <arpa/inet.h>
#include <re2/re2.h>

#include <cctype>

#include "base/model/regex.h"
#include "base/strings.h"
#include "base/text/quote.h"
#include "rules/template/functions.h"
#include "rules/template/text_case.h"

/// Prometheus's functions on texts.
namespace tocsin::gotemplate {
namespace {

using Args = std::span<const Value>;

struct HostPort {
  std::string host;
  std::string port;
};

/// net.SplitHostPort; false where that gives an error.
bool SplitHostPort(std::string_view text, HostPort* out) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  std::string_view host;
  if (text[0] == '[') {
    const size_t close = text.find(']');
    if (close == std::string_view::npos || close + 1 != colon) {
      return false;
    }
    host = text.substr(1, close - 1);
    if (host.find('[') != std::string_view::npos) {
      return false;
    }
  } else {
    host = text.substr(0, colon);
    if (host.find_first_of(":[]") != std::string_view::npos) {
      return false;
    }
  }
  const std::string_view port = text.substr(colon + 1);
  if (port.find_first_of("[]") != std::string_view::npos) {
    return false;
  }
  out->host = host;
  out->port = port;
  return true;
}

bool IsIpAddress(const std::string& text) {
  unsigned char buffer[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), buffer) == 1 || inet_pton(AF_INET6, text.c_str(), buffer) == 1;
}

absl::StatusOr<Value> StripPort(const FunctionContext&, Args args) {
  HostPort parts;
  return Value(SplitHostPort(args[0].text(), &parts) ? parts.host : args[0].text());
}

absl::StatusOr<Value> StripDomain(const FunctionContext&, Args args) {
  HostPort parts;
  if (!SplitHostPort(args[0].text(), &parts)) {
    parts = HostPort{args[0].text(), ""};
  }
  if (IsIpAddress(parts.host)) {
    return args[0];
  }
  const std::string host = parts.host.substr(0, parts.host.find('.'));
  if (parts.port.empty()) {
    return Value(host);
  }
  return Value(host.find(':') == std::string::npos ? Cat(host, ":", parts.port) : Cat("[", host, "]:", parts.port));
}

/// A program for a pattern that is not anchored. The error has Go's words, from the class that knows them.
absl::StatusOr<std::unique_ptr<re2::RE2>> CompilePattern(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) {
    const auto reason = AnchoredRegex::Create(pattern);
    return reason.ok() ? absl::InvalidArgumentError("error parsing regexp: expression too large") : reason.status();
  }
  return compiled;
}

absl::StatusOr<Value> Match(const FunctionContext&, Args args) {
  const auto pattern = CompilePattern(args[0].text());
  if (!pattern.ok()) {
    return pattern.status();
  }
  return Value(re2::RE2::PartialMatch(args[1].text(), **pattern));
}

/// One "$name", "${name}" or "$$" of a replacement at `at`, which stands behind the dollar. Returns what it stands for and goes past it.
std::string_view TakeGroupReference(std::string_view replacement, const re2::RE2& pattern, const std::vector<re2::StringPiece>& groups,
                                    size_t* at) {
  const bool braces = *at < replacement.size() && replacement[*at] == '{';
  const size_t start = *at + (braces ? 1 : 0);
  size_t end = start;
  while (end < replacement.size() && (std::isalnum(static_cast<unsigned char>(replacement[end])) != 0 || replacement[end] == '_')) {
    ++end;
  }
  if (end == start || (braces && (end >= replacement.size() || replacement[end] != '}'))) {
    return "$";
  }
  const std::string name(replacement.substr(start, end - start));
  *at = end + (braces ? 1 : 0);
  size_t group = groups.size();
  if (name.find_first_not_of("0123456789") == std::string::npos) {
    group = name.size() < 4 ? static_cast<size_t>(std::stoi(name)) : groups.size();
  } else if (const auto it = pattern.NamedCapturingGroups().find(name); it != pattern.NamedCapturingGroups().end()) {
    group = static_cast<size_t>(it->second);
  }
  return group < groups.size() ? std::string_view(groups[group].data(), groups[group].size()) : std::string_view();
}

void AppendExpanded(std::string_view replacement, const re2::RE2& pattern, const std::vector<re2::StringPiece>& groups, std::string* out) {
  for (size_t i = 0; i < replacement.size();) {
    const char c = replacement[i++];
    if (c != '$') {
      out->push_back(c);
    } else if (i < replacement.size() && replacement[i] == '$') {
      out->push_back('$');
      ++i;
    } else {
      out->append(TakeGroupReference(replacement, pattern, groups, &i));
    }
  }
}

/// regexp.ReplaceAllString: an empty match right behind the last match does not count.
std::string ReplaceAll(const re2::RE2& pattern, std::string_view replacement, std::string_view text) {
  std::vector<re2::StringPiece> groups(static_cast<size_t>(pattern.NumberOfCapturingGroups()) + 1);
  std::string out;
  size_t copied = 0;
  size_t search = 0;
  bool matched_before = false;
  while (search <= text.size() && pattern.Match(re2::StringPiece(text.data(), text.size()), search, text.size(), re2::RE2::UNANCHORED,
                                                groups.data(), static_cast<int>(groups.size()))) {
    const auto start = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = start + groups[0].size();
    out.append(text.substr(copied, start - copied));
    if (end > copied || start == 0 || !matched_before) {
      AppendExpanded(replacement, pattern, groups, &out);
    }
    copied = end;
    matched_before = true;
    search = end > start ? end : end + std::max<size_t>(Utf8SequenceLength(text.substr(end)), 1);
  }
  out.append(text.substr(std::min(copied, text.size())));
  return out;
}

absl::StatusOr<Value> ReplaceAllFunction(const FunctionContext&, Args args) {
  const auto pattern = CompilePattern(args[0].text());
  if (!pattern.ok()) {
    return absl::InvalidArgumentError(Cat("regexp: Compile(", GoQuoted(args[0].text()), "): ", Message(pattern.status())));
  }
  return Value(ReplaceAll(**pattern, args[1].text(), args[2].text()));
}

absl::StatusOr<Value> Title(const FunctionContext&, Args args) { return Value(TitleCased(args[0].text())); }
absl::StatusOr<Value> ToUpper(const FunctionContext&, Args args) { return Value(UpperCased(args[0].text())); }
absl::StatusOr<Value> ToLower(const FunctionContext&, Args args) { return Value(LowerCased(args[0].text())); }
absl::StatusOr<Value> SafeHtml(const FunctionContext&, Args args) { return Value(HtmlText{args[0].text()}); }
absl::StatusOr<Value> UrlQueryEscape(const FunctionContext&, Args args) { return Value(QueryEscaped(args[0].text())); }

absl::StatusOr<Value> GraphLinkFunction(const FunctionContext&, Args args) {
  return Value(Cat("/graph?g0.expr=", QueryEscaped(args[0].text()), "&g0.tab=0"));
}
absl::StatusOr<Value> TableLinkFunction(const FunctionContext&, Args args) { return Value(TableLink(args[0].text())); }

absl::StatusOr<Value> ExternalUrl(const FunctionContext& context, Args) { return Value(context.external_url); }

absl::StatusOr<Value> PathPrefix(const FunctionContext& context, Args) {
  std::string_view rest = context.external_url;
  if (const size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    rest.remove_prefix(scheme + 3);
    rest.remove_prefix(std::min(rest.find_first_of("/?#"), rest.size()));
  }
  return Value(rest.substr(0, rest.find_first_of("?#")));
}

absl::StatusOr<Value> ArgsMap(const FunctionContext&, Args args) {
  auto map = std::make_shared<ValueMap>();
  for (size_t i = 0; i < args.size(); ++i) {
    map->emplace(Cat("arg", i), args[i]);
  }
  return Value(std::shared_ptr<const ValueMap>(std::move(map)));
}

}  // namespace

std::string QueryEscaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      out.push_back('%');
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

std::string TableLink(std::string_view expression) { return Cat("/graph?g0.expr=", QueryEscaped(expression), "&g0.tab=1"); }

std::span<const Function> TextFunctions() {
  constexpr auto kString = ParamType::kString;
  static const Function kTable[] = {
      {"title", {kString}, false, false, Title},
      {"toUpper", {kString}, false, false, ToUpper},
      {"toLower", {kString}, false, false, ToLower},
      {"match", {kString, kString}, false, false, Match},
      {"reReplaceAll", {kString, kString, kString}, false, false, ReplaceAllFunction},
      {"graphLink", {kString}, false, false, GraphLinkFunction},
      {"tableLink", {kString}, false, false, TableLinkFunction},
      {"stripPort", {kString}, false, false, StripPort},
      {"stripDomain", {kString}, false, false, StripDomain},
      {"urlQueryEscape", {kString}, false, false, UrlQueryEscape},
      {"safeHtml", {kString}, false, false, SafeHtml},
      {"args", {ParamType::kAny}, true, false, ArgsMap},
      {"externalURL", {}, false, false, ExternalUrl},
      {"pathPrefix", {}, false, false, PathPrefix},
  };
  return kTable;
}

}  // namespace tocsin::gotemplate
