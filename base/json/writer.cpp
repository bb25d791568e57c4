#include "base/json/writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

/// What becomes of an ASCII byte: 0 itself, 1 always escaped, 2 escaped for HTML.
constexpr std::array<uint8_t, 128> MakeEscapeClasses() {
  std::array<uint8_t, 128> classes{};
  for (size_t c = 0; c < 0x20; ++c) {
    classes[c] = 1;
  }
  classes['"'] = classes['\\'] = 1;
  classes['<'] = classes['>'] = classes['&'] = 2;
  return classes;
}
constexpr std::array<uint8_t, 128> kEscapeClasses = MakeEscapeClasses();

void AppendEscapedByte(unsigned char c, std::string* out) {
  switch (c) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    default:
      break;
  }
  out->append("\\u00");
  out->push_back(kHexDigits[c >> 4]);
  out->push_back(kHexDigits[c & 15]);
}

template <typename Int>
void AppendInteger(Int value, std::string* out) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  out->append(buffer, end);
}

/// Not 0: PlainString escapes one of the eight bytes.
uint64_t PlainEscapes(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  const auto has_less = [](uint64_t bytes, uint64_t n) { return (bytes - kOnes * n) & ~bytes & kHighs; };
  return has_less(word, 0x20) | has_less(word ^ (kOnes * '"'), 1) | has_less(word ^ (kOnes * '\\'), 1);
}

template <typename Word>
Word Load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

/// Copies the text and returns its end there. `escapes` becomes not 0 when PlainString escapes a byte of it.
char* CopyPlain(std::string_view text, char* to, uint64_t* escapes) {
  const char* from = text.data();
  const size_t size = text.size();
  if (size >= sizeof(uint64_t)) {
    // The last word may overlap the one before.
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
      const size_t at = std::min(i, size - sizeof(uint64_t));
      const auto word = Load<uint64_t>(from + at);
      *escapes |= PlainEscapes(word);
      std::memcpy(to + at, &word, sizeof(word));
    }
  } else if (size >= sizeof(uint32_t)) {
    const auto first = Load<uint32_t>(from);
    const auto last = Load<uint32_t>(from + size - sizeof(uint32_t));
    *escapes |= PlainEscapes(uint64_t{first} | uint64_t{last} << 32);
    std::memcpy(to, &first, sizeof(first));
    std::memcpy(to + size - sizeof(last), &last, sizeof(last));
  } else {
    for (size_t i = 0; i < size; ++i) {
      const auto c = static_cast<unsigned char>(from[i]);
      *escapes |= c < 0x80 && kEscapeClasses[c] == 1 ? 1 : 0;
      to[i] = from[i];
    }
  }
  return to + size;
}

/// Whether PlainString escapes a byte of the text; eight bytes at a time.
bool HasPlainEscape(std::string_view text) {
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= text.size(); i += sizeof(uint64_t)) {
    if (PlainEscapes(Load<uint64_t>(text.data() + i)) != 0) {
      return true;
    }
  }
  for (; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80 && kEscapeClasses[c] == 1) {
      return true;
    }
  }
  return false;
}

char* Copy(std::string_view text, char* to) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace

void AppendPlainJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  if (!HasPlainEscape(text)) {
    out->append(text);
    out->push_back('"');
    return;
  }
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80 && kEscapeClasses[c] == 1) [[unlikely]] {
      out->append(text, copied, i - copied);
      AppendEscapedByte(c, out);
      copied = i + 1;
    }
  }
  out->append(text, copied, text.size() - copied);
  out->push_back('"');
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t copied = 0;
  size_t i = 0;
  const auto flush = [&](size_t upto, size_t next) {
    out->append(text, copied, upto - copied);
    copied = next;
  };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      if (kEscapeClasses[c] != 0) [[unlikely]] {
        flush(i, i + 1);
        AppendEscapedByte(c, out);
      }
      ++i;
      continue;
    }
    const size_t length = Utf8SequenceLength(text.substr(i));
    if (length == 0) {
      flush(i, i + 1);
      out->append("\\ufffd");
      ++i;
      continue;
    }
    const std::string_view rune = text.substr(i, length);
    if (rune == "\u2028" || rune == "\u2029") {
      flush(i, i + length);
      out->append(rune == "\u2028" ? "\\u2028" : "\\u2029");
    }
    i += length;
  }
  flush(text.size(), text.size());
  out->push_back('"');
}

void JsonWriter::Key(std::string_view key) {
  Comma();
  AppendJsonString(key, out_);
  out_->push_back(':');
  comma_ = false;
}

void JsonWriter::PlainKey(std::string_view key) {
  Comma();
  AppendPlainJsonString(key, out_);
  out_->push_back(':');
  comma_ = false;
}

void JsonWriter::String(std::string_view text) {
  Comma();
  AppendJsonString(text, out_);
}

void JsonWriter::PlainString(std::string_view text) {
  Comma();
  AppendPlainJsonString(text, out_);
}

void JsonWriter::Int(int64_t value) {
  Comma();
  AppendInteger(value, out_);
}

void JsonWriter::Uint(uint64_t value) {
  Comma();
  AppendInteger(value, out_);
}

void JsonWriter::Bool(bool value) { Raw(value ? "true" : "false"); }

void JsonWriter::Null() { Raw("null"); }

void JsonWriter::Float(double value) {
  Comma();
  AppendSampleValue(std::isfinite(value) ? value : 0, out_);
}

void JsonWriter::SampleValue(double value) {
  Comma();
  char buffer[kSampleValueChars + 2];
  buffer[0] = '"';
  char* end = WriteSampleValue(value, buffer + 1);
  *end++ = '"';
  out_->append(buffer, end);
}

void JsonWriter::Timestamp(TimestampMs t) {
  Comma();
  uint64_t magnitude = static_cast<uint64_t>(t);
  if (t < 0) {
    out_->push_back('-');
    magnitude = 0 - magnitude;
  }
  AppendInteger(magnitude / 1000, out_);
  const auto fraction = static_cast<unsigned>(magnitude % 1000);
  if (fraction != 0) {
    const char digits[] = {'.', static_cast<char>('0' + fraction / 100), static_cast<char>('0' + fraction / 10 % 10),
                           static_cast<char>('0' + fraction % 10)};
    out_->append(digits, sizeof(digits));
  }
}

void JsonWriter::LabelSet(const Labels& labels) {
  // Labels are put together here and appended to the answer in one piece.
  constexpr size_t kPieceBytes = 1024;
  constexpr size_t kMarks = std::string_view("\"\":\"\",").size();
  char piece[kPieceBytes];
  char* end = piece;
  const auto flush = [&] {
    out_->append(piece, end);
    end = piece;
  };
  Open('{');
  for (const Label& label : labels) {
    const size_t bytes = label.name.size() + label.value.size() + kMarks;
    if (end + std::min(bytes, kPieceBytes) > piece + kPieceBytes) {
      flush();
    }
    char* const begin = end;
    uint64_t escapes = bytes > kPieceBytes ? 1 : 0;
    if (escapes == 0) {
      if (comma_) {
        *end++ = ',';
      }
      *end++ = '"';
      end = CopyPlain(label.name, end, &escapes);
      end = Copy("\":\"", end);
      end = CopyPlain(label.value, end, &escapes);
      *end++ = '"';
    }
    if (escapes != 0) {
      end = begin;
      flush();
      if (comma_) {
        out_->push_back(',');
      }
      AppendPlainJsonString(label.name, out_);
      out_->push_back(':');
      AppendPlainJsonString(label.value, out_);
    }
    comma_ = true;
  }
  flush();
  Close('}');
}

void JsonWriter::Raw(std::string_view json) {
  Comma();
  out_->append(json);
}

}  // namespace tocsin
