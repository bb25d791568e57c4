#pragma once

#include <string>
#include <string_view>

namespace tocsin {

/// A tar archive in memory (POSIX ustar, IEEE Std 1003.1-1988), for a few small files.
class TarArchive {
 public:
  /// `name` has at most 100 bytes.
  void Add(std::string_view name, std::string_view content);

  /// The archive, gzip-compressed.
  std::string Finish();

 private:
  std::string bytes_;
};

}  // namespace tocsin
