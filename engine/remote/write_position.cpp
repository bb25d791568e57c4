#include "engine/remote/write_position.h"

#include <charconv>

#include "base/log.h"
#include "base/status.h"

namespace tocsin {

TimestampMs WritePosition::Load(TimestampMs otherwise) const {
  if (path_.empty()) {
    return otherwise;
  }
  const absl::StatusOr<std::string> text = env_.ReadFile(path_);
  if (!text.ok()) {
    return otherwise;
  }
  TimestampMs position = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), position);
  if (error != std::errc() || *end != '\n') {
    LogWarn("The position of a remote write queue is not readable; starting with new samples", {{"file", path_}});
    return otherwise;
  }
  return position;
}

absl::Status WritePosition::Save(TimestampMs position) const {
  if (path_.empty()) {
    return absl::OkStatus();
  }
  const std::string text = Cat(position, "\n");
  const std::string temporary = path_ + ".new";
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<AppendFile> file, env_.CreateFile(temporary));
    RETURN_IF_ERROR(file->Append({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  }
  return env_.Rename(temporary, path_);
}

}  // namespace tocsin
