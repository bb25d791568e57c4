#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/model/labels.h"
#include "base/types.h"

namespace tocsin {

/// Appends JSON to a string, value by value, commas by itself; nothing is checked and no tree is built.
///
///   JsonWriter json(&out);
///   json.BeginObject();
///   json.Key("status");
///   json.String("success");
///   json.EndObject();
///
/// A large answer is streamed by emptying the string between two calls. Numbers have the digits of Go's encoders.
class JsonWriter {
 public:
  /// `out` must outlive the writer.
  explicit JsonWriter(std::string* out) : out_(out) {}

  std::string* out() { return out_; }

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }

  void Key(std::string_view key);
  /// The same with PlainString's escapes.
  void PlainKey(std::string_view key);

  /// As Go's encoding/json writes a string: < > & U+2028 U+2029 as \u escapes, invalid UTF-8 as \ufffd.
  void String(std::string_view text);

  /// As json-iterator's stream writes it, which upstream uses for label sets: only quotes, backslashes and control characters are escaped.
  void PlainString(std::string_view text);

  void Int(int64_t value);
  void Uint(uint64_t value);
  void Bool(bool value);
  void Null();

  /// A JSON number as Go writes a float64. NaN and infinities, which JSON does not have, become 0.
  void Float(double value);

  /// A sample's value, "0.5", "NaN", "+Inf": a JSON string.
  void SampleValue(double value);

  /// Seconds with up to three decimals, as the API writes sample times.
  void Timestamp(TimestampMs t);

  /// {"name":"value",...} with PlainString.
  void LabelSet(const Labels& labels);

  /// `json` must be one complete value.
  void Raw(std::string_view json);

  void Field(std::string_view key, std::string_view text) {
    Key(key);
    String(text);
  }

 private:
  void Comma() {
    if (comma_) {
      out_->push_back(',');
    }
    comma_ = true;
  }
  void Open(char bracket) {
    Comma();
    out_->push_back(bracket);
    comma_ = false;
  }
  void Close(char bracket) {
    out_->push_back(bracket);
    comma_ = true;
  }

  std::string* out_;
  bool comma_ = false;
};

/// The texts of JsonWriter::String and PlainString, quotes included.
void AppendJsonString(std::string_view text, std::string* out);
void AppendPlainJsonString(std::string_view text, std::string* out);

}  // namespace tocsin
