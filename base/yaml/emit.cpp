#include "base/yaml/emit.h"

#include <yaml.h>

#include "base/check.h"
#include "base/model/labels.h"
#include "base/yaml/resolve.h"

namespace tocsin::yaml {

struct Emitter::Impl {
  yaml_emitter_t emitter{};
  std::string text;

  static int Append(void* self, unsigned char* data, size_t size) {
    static_cast<Impl*>(self)->text.append(reinterpret_cast<const char*>(data), size);
    return 1;
  }

  // The emitter takes the event over, also when it fails; it fails only for want of memory or at calls out of order.
  void Emit(yaml_event_t* event) { TOCSIN_CHECK(yaml_emitter_emit(&emitter, event) == 1); }

  void Scalar(std::string_view value, yaml_scalar_style_t style) {
    yaml_event_t event;
    const auto* bytes = reinterpret_cast<const yaml_char_t*>(value.data());
    TOCSIN_CHECK(yaml_scalar_event_initialize(&event, nullptr, nullptr, bytes, static_cast<int>(value.size()), 1, 1, style) == 1);
    Emit(&event);
  }
};

Emitter::Emitter() : impl_(std::make_unique<Impl>()) {
  yaml_emitter_initialize(&impl_->emitter);
  yaml_emitter_set_output(&impl_->emitter, Impl::Append, impl_.get());
  yaml_emitter_set_unicode(&impl_->emitter, 1);
  yaml_event_t event;
  yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
  impl_->Emit(&event);
  yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1);
  impl_->Emit(&event);
}

Emitter::~Emitter() { yaml_emitter_delete(&impl_->emitter); }

void Emitter::BeginMap() {
  yaml_event_t event;
  yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE);
  impl_->Emit(&event);
}

void Emitter::EndMap() {
  yaml_event_t event;
  yaml_mapping_end_event_initialize(&event);
  impl_->Emit(&event);
}

void Emitter::BeginList(bool flow) {
  yaml_event_t event;
  yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE);
  impl_->Emit(&event);
}

void Emitter::EndList() {
  yaml_event_t event;
  yaml_sequence_end_event_initialize(&event);
  impl_->Emit(&event);
}

void Emitter::String(std::string_view value) {
  if (!IsValidUtf8(value)) {
    // libyaml writes UTF-8 only; what is none stands as replacement characters.
    std::string valid;
    for (const char c : value) {
      valid.append(static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "\xEF\xBF\xBD");
    }
    impl_->Scalar(valid, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
    return;
  }
  const bool lines = value.find('\n') != std::string_view::npos;
  impl_->Scalar(value, lines ? YAML_LITERAL_SCALAR_STYLE : NeedsQuotes(value) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);
}

void Emitter::Int(int64_t value) { Raw(std::to_string(value)); }

void Emitter::Raw(std::string_view value) { impl_->Scalar(value, YAML_PLAIN_SCALAR_STYLE); }

void Emitter::Write(const Node& node) {
  switch (node.kind) {
    case Kind::kScalar:
      if (node.plain) {
        Raw(node.text);
      } else {
        String(node.text);
      }
      return;
    case Kind::kSequence:
      BeginList();
      for (const Node* item : node.items) {
        Write(*item);
      }
      EndList();
      return;
    case Kind::kMapping:
      BeginMap();
      for (const Node::Entry& entry : node.entries) {
        Write(*entry.key);
        Write(*entry.value);
      }
      EndMap();
      return;
  }
}

std::string Emitter::Finish() {
  yaml_event_t event;
  yaml_document_end_event_initialize(&event, 1);
  impl_->Emit(&event);
  yaml_stream_end_event_initialize(&event);
  impl_->Emit(&event);
  yaml_emitter_flush(&impl_->emitter);
  return std::move(impl_->text);
}

}  // namespace tocsin::yaml
