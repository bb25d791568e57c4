#include "base/http_client/oauth2.h"

#include <simdjson.h>

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr std::string_view kJwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr uint64_t kTokenBodyBytesMax = 1 << 20;

struct TokenAnswer {
  std::string token;
  int64_t expires_in_s = 0;
};

std::optional<TokenAnswer> ReadTokenAnswer(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view token;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || root["access_token"].get(token) != simdjson::SUCCESS ||
      token.empty()) {
    return std::nullopt;
  }
  TokenAnswer answer{std::string(token), 0};
  double seconds = 0;
  if (root["expires_in"].get(seconds) == simdjson::SUCCESS && seconds > 0 && seconds < 1e9) {
    answer.expires_in_s = static_cast<int64_t>(seconds);
  }
  return answer;
}

void AddField(std::string_view name, std::string_view value, std::string* form) {
  Append(form, form->empty() ? "" : "&", FormEscape(name), "=", FormEscape(value));
}

}  // namespace

std::string FormEscape(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

OAuth2Tokens::OAuth2Tokens(const OAuth2Options& options, FileTexts& files, const Clock& clock)
    : options_(options), files_(files), clock_(clock) {}

std::string OAuth2Tokens::Current() const {
  MutexLock lock(mu_);
  return token_.empty() || (expires_ != 0 && clock_.NowMs() >= expires_ - kExpiryMarginMs) ? std::string() : token_.Reveal();
}

absl::StatusOr<std::string> OAuth2Tokens::ClientSecret() {
  if (options_.client_secret_file.empty()) {
    return options_.client_secret.Reveal();
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> text, files_.Read(options_.client_secret_file));
  return std::string(sv(absl::StripAsciiWhitespace(av(*text))));
}

absl::StatusOr<HttpRequest> OAuth2Tokens::MakeRequest() {
  HttpRequest request;
  request.method = "POST";
  request.url = options_.token_url;
  request.body_bytes_max = kTokenBodyBytesMax;
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  if (options_.grant_type == kJwtGrant) {
    std::string key = options_.client_certificate_key.Reveal();
    if (!options_.client_certificate_key_file.empty()) {
      ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> text, files_.Read(options_.client_certificate_key_file));
      key = *text;
    }
    ASSIGN_OR_RETURN(const std::string assertion, MakeJwtAssertion(options_, key, clock_.NowMs()));
    AddField("grant_type", kJwtGrant, &request.body);
    AddField("assertion", assertion, &request.body);
  } else {
    // endpoint_params may name a grant of its own (password).
    if (!options_.endpoint_params.contains("grant_type")) {
      AddField("grant_type", "client_credentials", &request.body);
    }
    ASSIGN_OR_RETURN(const std::string secret, ClientSecret());
    MutexLock lock(mu_);
    if (style_ == Style::kForm || (style_ == Style::kUnknown && header_refused_)) {
      AddField("client_id", options_.client_id, &request.body);
      AddField("client_secret", secret, &request.body);
    } else {
      const std::string pair = Cat(FormEscape(options_.client_id), ":", FormEscape(secret));
      request.headers.emplace_back("Authorization", Cat("Basic ", absl::Base64Escape(pair)));
    }
  }
  if (!options_.scopes.empty()) {
    AddField("scope", absl::StrJoin(options_.scopes, " "), &request.body);
  }
  for (const auto& [name, value] : options_.endpoint_params) {
    AddField(name, value, &request.body);
  }
  return request;
}

absl::Status OAuth2Tokens::Accept(const HttpResponse& response) {
  const std::optional<TokenAnswer> answer = response.ok() ? ReadTokenAnswer(response.body) : std::nullopt;
  MutexLock lock(mu_);
  if (!answer.has_value()) {
    if (style_ == Style::kUnknown && !header_refused_ && options_.grant_type != kJwtGrant) {
      header_refused_ = true;
      return absl::OkStatus();
    }
    header_refused_ = false;
    token_ = Secret();
    return absl::FailedPreconditionError(
        av(response.ok() ? "oauth2: server response missing access_token" : Cat("oauth2: cannot fetch token: ", response.status_text)));
  }
  style_ = header_refused_ ? Style::kForm : Style::kHeader;
  token_ = Secret(answer->token);
  expires_ = answer->expires_in_s == 0 ? 0 : clock_.NowMs() + answer->expires_in_s * kSecond;
  if (expires_ != 0 && answer->expires_in_s * kSecond <= kExpiryMarginMs) {
    // Too short-lived for the margin: use what there is rather than ask for ever.
    expires_ += kExpiryMarginMs;
  }
  return absl::OkStatus();
}

}  // namespace tocsin
