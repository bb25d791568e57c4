#include "api/main/tar_archive.h"

#include <cstdio>

#include "base/check.h"
#include "base/compress/compress.h"

namespace tocsin {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kNameBytes = 100;

/// Writes `value` in octal digits, closed by a zero byte, into a field of `width` bytes.
void PutOctal(uint64_t value, size_t at, int width, std::string* header) {
  char text[24];
  std::snprintf(text, sizeof(text), "%0*llo", width - 1, static_cast<unsigned long long>(value));
  header->replace(at, static_cast<size_t>(width) - 1, text, static_cast<size_t>(width) - 1);
}

}  // namespace

void TarArchive::Add(std::string_view name, std::string_view content) {
  TOCSIN_CHECK_OP(name.size(), <=, kNameBytes);
  std::string header(kBlock, '\0');
  header.replace(0, name.size(), name);
  PutOctal(0666, 100, 8, &header);  // mode
  PutOctal(0, 108, 8, &header);     // owner
  PutOctal(0, 116, 8, &header);     // group
  PutOctal(content.size(), 124, 12, &header);
  PutOctal(0, 136, 12, &header);   // time
  header.replace(148, 8, 8, ' ');  // the sum counts its own field as blanks
  header[156] = '0';               // a plain file
  header.replace(257, 8, std::string_view("ustar\00000", 8));
  uint64_t sum = 0;
  for (const char c : header) {
    sum += static_cast<unsigned char>(c);
  }
  PutOctal(sum, 148, 7, &header);
  bytes_ += header;
  bytes_ += content;
  bytes_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
}

std::string TarArchive::Finish() {
  bytes_.append(2 * kBlock, '\0');
  std::string compressed;
  GzipEncode(bytes_, &compressed);
  return compressed;
}

}  // namespace tocsin
