#pragma once

#include <string>
#include <string_view>

namespace tocsin::test {

/// A blocking client that sends bytes as they are given, for what well-behaved clients do not do.
class RawClient {
 public:
  /// "127.0.0.1:1234" or "unix:/path". The calling test fails when there is no connection.
  explicit RawClient(const std::string& address);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(std::string_view bytes);
  /// One answer, head and body as they came (of a chunked one up to the last chunk); "" when the connection ended before.
  std::string ReadResponse(bool head_request = false);
  /// All until the server closes.
  std::string ReadToEnd();
  void Close();

 private:
  bool Fill();

  int socket_ = -1;
  std::string input_;
};

/// The part behind the head.
std::string_view BodyOf(std::string_view response);

}  // namespace tocsin::test
