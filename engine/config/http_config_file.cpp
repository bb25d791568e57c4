#include "engine/config/http_config_file.h"

#include <filesystem>

#include "base/status.h"
#include "base/yaml/decode.h"
#include "engine/config/http_yaml.h"
#include "engine/config/text_file.h"

namespace tocsin {

absl::StatusOr<HttpClientOptions> LoadHttpConfigFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  yaml::Position at;
  const absl::StatusOr<yaml::Document> document = yaml::Parse(text, nullptr, &at);
  if (!document.ok()) {
    return absl::InvalidArgumentError(Cat(path, ":", at.line, ":", at.column, ": ", Message(document.status())));
  }
  HttpClientOptions options;
  if (document->root() == nullptr) {
    return options;
  }
  yaml::Decoder decoder;
  yaml::StructReader reader(decoder, *document->root(), "config.plain");
  HttpFields fields(decoder, *document->root(), reader, &options);
  if (reader.Finish() && !decoder.failed()) {
    fields.Validate();
  }
  RETURN_IF_ERROR(decoder.status(path));
  JoinFolders(std::filesystem::path(path).parent_path().string(), &options);
  return options;
}

}  // namespace tocsin
