#pragma once

#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>

#include "base/strings.h"

namespace tocsin {

/// Log lines in the form of Go's slog, as Prometheus 3 writes them to standard error:
///   time=2026-01-02T03:04:05.678Z level=INFO source=head.cpp:12 msg="..." key=value
/// or, with LogFormat::kJson, the same keys as one JSON object a line.
/// Threads: all functions are safe; one write(2) a line.
enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

struct LogField {
  std::string_view key;
  std::string value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, const absl::Status& v) : key(k), value(Message(v)) {}
  LogField(std::string_view k, int64_t v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, uint64_t v) : key(k), value(std::to_string(v)) {}
};

/// Set once at start, before other threads exist.
void SetLogging(LogLevel least, LogFormat format);
bool LogEnabled(LogLevel level);

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
         std::source_location where = std::source_location::current());

inline void LogDebug(std::string_view message, std::initializer_list<LogField> fields = {},
                     std::source_location where = std::source_location::current()) {
  Log(LogLevel::kDebug, message, fields, where);
}
inline void LogInfo(std::string_view message, std::initializer_list<LogField> fields = {},
                    std::source_location where = std::source_location::current()) {
  Log(LogLevel::kInfo, message, fields, where);
}
inline void LogWarn(std::string_view message, std::initializer_list<LogField> fields = {},
                    std::source_location where = std::source_location::current()) {
  Log(LogLevel::kWarn, message, fields, where);
}
inline void LogError(std::string_view message, std::initializer_list<LogField> fields = {},
                     std::source_location where = std::source_location::current()) {
  Log(LogLevel::kError, message, fields, where);
}

/// One line in the given format, without a time; what Log() writes behind it. For tests.
std::string FormatLogFields(LogFormat format, LogLevel level, std::string_view source, std::string_view message,
                            std::initializer_list<LogField> fields);

}  // namespace tocsin
