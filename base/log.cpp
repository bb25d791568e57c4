#include "base/log.h"

#include <unistd.h>

#include <atomic>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace tocsin {
namespace {

std::atomic<LogLevel> least_level{LogLevel::kInfo};
std::atomic<LogFormat> log_format{LogFormat::kLogfmt};

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarn:
      return "WARN";
    case LogLevel::kError:
      break;
  }
  return "ERROR";
}

// JSON string escapes serve logfmt's quoted values too.
void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out->push_back('\\');
        out->push_back(c);
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\t':
        out->append("\\t");
        break;
      case '\r':
        out->append("\\r");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned>(c));
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) {
    return true;
  }
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) {
      return true;
    }
  }
  return false;
}

void AppendField(LogFormat format, std::string_view key, std::string_view value, std::string* out) {
  if (format == LogFormat::kJson) {
    if (!out->empty() && out->back() != '{') {
      out->push_back(',');
    }
    AppendQuoted(key, out);
    out->push_back(':');
    AppendQuoted(value, out);
    return;
  }
  if (!out->empty()) {
    out->push_back(' ');
  }
  out->append(key);
  out->push_back('=');
  if (NeedsQuotes(value)) {
    AppendQuoted(value, out);
  } else {
    out->append(value);
  }
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

void AppendAll(LogFormat format, LogLevel level, std::string_view source, std::string_view message, std::initializer_list<LogField> fields,
               std::string* out) {
  AppendField(format, "level", LevelName(level), out);
  AppendField(format, "source", source, out);
  AppendField(format, "msg", message, out);
  for (const LogField& field : fields) {
    AppendField(format, field.key, field.value, out);
  }
}

}  // namespace

void SetLogging(LogLevel least, LogFormat format) {
  least_level = least;
  log_format = format;
}

bool LogEnabled(LogLevel level) { return level >= least_level.load(std::memory_order_relaxed); }

std::string FormatLogFields(LogFormat format, LogLevel level, std::string_view source, std::string_view message,
                            std::initializer_list<LogField> fields) {
  std::string line;
  if (format == LogFormat::kJson) {
    line.push_back('{');
  }
  AppendAll(format, level, source, message, fields, &line);
  if (format == LogFormat::kJson) {
    line.push_back('}');
  }
  return line;
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields, std::source_location where) {
  if (!LogEnabled(level)) {
    return;
  }
  const LogFormat format = log_format.load(std::memory_order_relaxed);
  std::string line(format == LogFormat::kJson ? "{" : "");
  const absl::Time now = absl::FromUnixMillis(SystemClock().NowMs());
  AppendField(format, "time", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone()), &line);
  AppendAll(format, level, Cat(BaseName(where.file_name()), ":", where.line()), message, fields, &line);
  line.append(format == LogFormat::kJson ? "}\n" : "\n");
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tocsin
