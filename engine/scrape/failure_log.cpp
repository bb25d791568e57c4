#include "engine/scrape/failure_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/json/writer.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/text/time_text.h"

namespace tocsin {

absl::StatusOr<std::shared_ptr<FailureLog>> FailureLog::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_APPEND | O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  if (fd < 0) {
    return absl::FailedPreconditionError(av(Cat("can't create json log file: open ", path, ": ", std::strerror(errno))));
  }
  return std::shared_ptr<FailureLog>(new FailureLog(fd));
}

FailureLog::~FailureLog() { close(fd_); }

void FailureLog::Write(TimestampMs now, std::string_view job, std::string_view target, std::string_view error) {
  std::string line;
  JsonWriter json(&line);
  json.BeginObject();
  json.Key("time");
  json.String(FormatRfc3339Ms(now));
  json.Key("level");
  json.String("ERROR");
  json.Key("msg");
  json.String(error);
  json.Key("job_name");
  json.String(job);
  json.Key("target");
  json.String(target);
  json.EndObject();
  line += '\n';
  // One write(2) a line: lines of several threads do not mix.
  if (write(fd_, line.data(), line.size()) < 0) {
    LogWarn("Writing to the scrape failure log failed", {{"err", std::strerror(errno)}});
  }
}

}  // namespace tocsin
