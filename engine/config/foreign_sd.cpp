#include "engine/config/foreign_sd.h"

#include "base/strings.h"
#include "base/text/duration.h"
#include "base/yaml/emit.h"
#include "engine/config/config_yaml.h"
#include "engine/config/http_yaml.h"
#include "engine/config/print_blocks.h"

namespace tocsin {
namespace {

// Field by field through the table; `values` then holds every scalar's text, defaults included.
class ForeignReader {
 public:
  ForeignReader(yaml::Decoder& decoder, const yaml::Node& node, const ForeignSchema& schema, ForeignValues* values)
      : decoder_(decoder), node_(node), schema_(schema), reader_(decoder, node, schema.go_type), values_(*values) {}

  void Read() {
    for (const ForeignField& field : schema_.fields) {
      ReadField(field);
    }
    if (!reader_.Finish() || decoder_.failed()) {
      return;
    }
    if (decoder_.Check(node_, CheckForeign(schema_.mechanism, values_)) && http_) {
      http_->Validate();
    }
  }

 private:
  void ReadField(const ForeignField& field) {
    switch (field.kind) {
      case ForeignKind::kHttp:
        http_.emplace(decoder_, node_, reader_, &values_.http);
        values_.basic_auth = http_->has_basic_auth();
        values_.bearer = http_->has_bearer_token();
        values_.authorization = http_->has_authorization();
        values_.oauth2 = http_->has_oauth2();
        return;
      case ForeignKind::kTls:
        reader_.Field(field.name, &values_.tls);
        return;
      case ForeignKind::kStrings:
        reader_.Field(field.name, &values_.lists[std::string(field.name)]);
        return;
      case ForeignKind::kStringMap:
        reader_.Field(field.name, &values_.maps[std::string(field.name)]);
        return;
      case ForeignKind::kFilters:
        reader_.Field(field.name, &values_.filters);
        return;
      default:
        ReadScalar(field);
    }
  }

  void ReadScalar(const ForeignField& field) {
    std::string& text = values_.scalars[std::string(field.name)];
    text = field.fallback;
    const yaml::Node* node = reader_.Take(field.name);
    if (node == nullptr) {
      return;
    }
    if (field.kind == ForeignKind::kInt) {
      int64_t number = 0;
      yaml::Read(decoder_, *node, &number);
      text = std::to_string(number);
    } else if (field.kind == ForeignKind::kBool) {
      bool flag = false;
      yaml::Read(decoder_, *node, &flag);
      text = flag ? "true" : "false";
    } else {
      yaml::Read(decoder_, *node, &text);
    }
    if (field.kind == ForeignKind::kDuration && !text.empty()) {
      const absl::StatusOr<DurationMs> duration = ParseDuration(text);
      if (decoder_.Check(*node, duration.status())) {
        text = FormatDuration(*duration);
      }
    }
  }

  yaml::Decoder& decoder_;
  const yaml::Node& node_;
  const ForeignSchema& schema_;
  yaml::StructReader reader_;
  ForeignValues& values_;
  std::optional<HttpFields> http_;
};

void PrintFilters(const std::vector<ForeignValues::Filter>& filters, yaml::Emitter* out) {
  out->BeginList(filters.empty());
  for (const ForeignValues::Filter& filter : filters) {
    out->BeginMap();
    out->Key("name");
    out->String(filter.name);
    out->Key("values");
    PrintStrings(filter.values, out);
    out->EndMap();
  }
  out->EndList();
}

void PrintField(const ForeignField& field, const ForeignValues& values, yaml::Emitter* out) {
  if (field.kind == ForeignKind::kHttp) {
    PrintHttp(values.http, out);
    return;
  }
  if (field.kind == ForeignKind::kTls) {
    if (!(values.tls == TlsOptions())) {
      out->Key(field.name);
      PrintTls(values.tls, out);
    }
    return;
  }
  if (field.kind == ForeignKind::kStrings) {
    if (const std::vector<std::string>& list = values.List(field.name); !list.empty() || !field.omit_empty) {
      out->Key(field.name);
      PrintStrings(list, out);
    }
    return;
  }
  if (field.kind == ForeignKind::kStringMap) {
    if (const auto it = values.maps.find(field.name); it != values.maps.end() && !it->second.empty()) {
      out->Key(field.name);
      PrintStringMap(it->second, out);
    }
    return;
  }
  if (field.kind == ForeignKind::kFilters) {
    if (!values.filters.empty() || !field.omit_empty) {
      out->Key(field.name);
      PrintFilters(values.filters, out);
    }
    return;
  }
  const std::string& text = values.Get(field.name);
  const bool zero = text.empty() || text == "0" || text == "false";
  if (zero && field.omit_empty) {
    return;
  }
  out->Key(field.name);
  if (field.kind == ForeignKind::kInt || field.kind == ForeignKind::kBool) {
    out->Raw(text);
  } else if (field.kind == ForeignKind::kSecret) {
    out->String(text.empty() ? "" : "<secret>");
  } else if (field.name == "server" || field.name == "url") {
    out->String(RedactUrl(text));
  } else {
    out->String(text);
  }
}

std::string PrintForeign(const ForeignSchema& schema, const ForeignValues& values) {
  yaml::Emitter out;
  out.BeginMap();
  for (const ForeignField& field : schema.fields) {
    PrintField(field, values, &out);
  }
  out.EndMap();
  return out.Finish();
}

}  // namespace

static std::string GoTypeName(const ForeignValues::Filter*) { return "*moby.Filter"; }
static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, ForeignValues::Filter* out) {
  yaml::StructReader(decoder, node, "moby.Filter").Field("name", &out->name).Field("values", &out->values).Finish();
}

const std::string& ForeignValues::Get(std::string_view name) const {
  static const std::string empty;
  const auto it = scalars.find(name);
  return it == scalars.end() ? empty : it->second;
}

const std::vector<std::string>& ForeignValues::List(std::string_view name) const {
  static const std::vector<std::string> empty;
  const auto it = lists.find(name);
  return it == lists.end() ? empty : it->second;
}

void TakeForeign(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view mechanism, std::vector<SdConfig>* out) {
  const std::string key = Cat(mechanism, "_sd_configs");
  const yaml::Node* node = reader.Take(key);
  const ForeignSchema* schema = FindForeignSchema(mechanism);
  if (node == nullptr || node->IsNull() || schema == nullptr || decoder.failed()) {
    return;
  }
  if (node->kind != yaml::Kind::kSequence) {
    decoder.AddTypeProblem(*node, Cat("[]*", schema->go_type.substr(0, schema->go_type.find('.')), ".SDConfig"));
    return;
  }
  for (const yaml::Node* item : node->items) {
    if (item->IsNull()) {
      decoder.Fail(*item, Cat("empty or null section in ", key));
      return;
    }
    ForeignValues values;
    ForeignReader(decoder, *item, *schema, &values).Read();
    out->emplace_back(ForeignSdConfig{std::string(mechanism), decoder.ok() ? PrintForeign(*schema, values) : std::string()});
  }
}

}  // namespace tocsin
