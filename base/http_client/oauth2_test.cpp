#include "base/http_client/oauth2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "absl/strings/escaping.h"
#include "base/http_client/http_client.h"
#include "base/strings.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

using test::DoubleRequest;
using test::DoubleResponse;
using test::HttpDouble;

DoubleResponse TokenAnswer(int number, int seconds) {
  return DoubleResponse{.body = Cat("{\"access_token\":\"t", number, "\",\"token_type\":\"bearer\",\"expires_in\":", seconds, "}")};
}

TEST(OAuth2, TokensAreKeptUntilTheyExpire) {
  ManualClock clock(1'000'000);
  int asked = 0;
  std::string form;
  HttpDouble issuer([&](const DoubleRequest& request) {
    form = request.body + "|" + request.Header("authorization");
    return TokenAnswer(++asked, 100);
  });
  std::string seen;
  HttpDouble server([&](const DoubleRequest& request) {
    seen = request.Header("authorization");
    return DoubleResponse();
  });
  OAuth2Options oauth2;
  oauth2.client_id = "me";
  oauth2.client_secret = Secret("se&cret");
  oauth2.scopes = {"a", "b"};
  oauth2.endpoint_params = {{"tenant", "x y"}};
  oauth2.token_url = issuer.Url("/token");
  HttpClientOptions options;
  options.oauth2 = std::make_shared<OAuth2Options>(oauth2);
  HttpClient client(options, clock);
  HttpRequest request;
  request.url = server.Url("/");
  ASSERT_TRUE(client.Do(request).ok());
  EXPECT_EQ(seen, "Bearer t1");
  EXPECT_EQ(form, "grant_type=client_credentials&scope=a+b&tenant=x+y|Basic " + absl::Base64Escape("me:se%26cret"));
  clock.Advance(80 * kSecond);
  ASSERT_TRUE(client.Do(request).ok());
  EXPECT_EQ(seen, "Bearer t1");
  clock.Advance(11 * kSecond);
  ASSERT_TRUE(client.Do(request).ok());
  EXPECT_EQ(seen, "Bearer t2");
}

TEST(OAuth2, TheFormIsTheSecondWay) {
  SystemClock clock;
  HttpDouble issuer([](const DoubleRequest& request) {
    return request.body.find("client_secret=s") != std::string::npos ? TokenAnswer(1, 3600) : DoubleResponse{.status = 401};
  });
  HttpDouble server([](const DoubleRequest& request) { return DoubleResponse{.body = request.Header("authorization")}; });
  OAuth2Options oauth2;
  oauth2.client_id = "me";
  oauth2.client_secret = Secret("s");
  oauth2.token_url = issuer.Url("/");
  HttpClientOptions options;
  options.oauth2 = std::make_shared<OAuth2Options>(oauth2);
  HttpRequest request;
  request.url = server.Url("/");
  EXPECT_EQ(HttpClient(options, clock).Do(request)->body, "Bearer t1");

  oauth2.client_secret = Secret("wrong");
  options.oauth2 = std::make_shared<OAuth2Options>(oauth2);
  const absl::Status status = HttpClient(options, clock).Do(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(status)), testing::HasSubstr("oauth2: cannot fetch token: 401 Unauthorized"));
}

TEST(OAuth2, JwtAssertionIsSigned) {
  EVP_PKEY* const key = EVP_RSA_gen(2048);
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  OAuth2Options oauth2;
  oauth2.client_id = "me";
  oauth2.token_url = "https://issuer.test/token";
  oauth2.claims = {{"extra", "yes"}};
  oauth2.client_certificate_key_id = "k1";
  const auto assertion = MakeJwtAssertion(oauth2, std::string(data, static_cast<size_t>(length)), 5'000);
  BIO_free(bio);
  ASSERT_TRUE(assertion.ok()) << assertion.status();
  const size_t first = assertion->find('.');
  const size_t second = assertion->rfind('.');
  std::string header;
  std::string claims;
  std::string signature;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(assertion->substr(0, first), &header));
  ASSERT_TRUE(absl::WebSafeBase64Unescape(assertion->substr(first + 1, second - first - 1), &claims));
  ASSERT_TRUE(absl::WebSafeBase64Unescape(assertion->substr(second + 1), &signature));
  EXPECT_EQ(header, R"({"alg":"RS256","kid":"k1","typ":"JWT"})");
  EXPECT_EQ(claims, R"({"aud":"https://issuer.test/token","extra":"yes","iss":"me","sub":"me","iat":5,"exp":3605})");
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  EXPECT_EQ(EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                             reinterpret_cast<const unsigned char*>(assertion->data()), second),
            1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  EXPECT_FALSE(MakeJwtAssertion(oauth2, "no key", 0).ok());
}

}  // namespace
}  // namespace tocsin
