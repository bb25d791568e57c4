#include <yaml.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/status.h"
#include "base/yaml/yaml.h"

namespace tocsin::yaml {
namespace {

Position FromMark(const yaml_mark_t& mark) { return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1}; }

std::string_view Text(const yaml_char_t* text) { return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text); }

// "tag:yaml.org,2002:str" -> "!!str"; the tag "!" of a quoted scalar says nothing.
std::string ShortTag(std::string_view tag) {
  constexpr std::string_view kLong = "tag:yaml.org,2002:";
  if (tag.starts_with(kLong)) {
    return Cat("!!", tag.substr(kLong.size()));
  }
  return tag == "!" ? std::string() : std::string(tag);
}

// An event of libyaml's stream, freed with its owner.
struct Event {
  Event() = default;
  ~Event() { yaml_event_delete(&event); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  yaml_event_t event{};
};

bool IsMergeKey(const Node& key) { return key.kind == Kind::kScalar && key.plain && key.text == "<<" && key.tag.empty(); }

}  // namespace

/// Builds documents from libyaml's events.
class Loader {
 public:
  explicit Loader(std::string_view text) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Loader() { yaml_parser_delete(&parser_); }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// False at the end of the stream.
  absl::StatusOr<bool> Next(Document* document) {
    for (;;) {
      Event next;
      RETURN_IF_ERROR(Read(&next));
      if (next.event.type == YAML_STREAM_END_EVENT) {
        return false;
      }
      if (next.event.type == YAML_DOCUMENT_START_EVENT) {
        break;
      }
    }
    document_ = document;
    anchors_.clear();
    sizes_.clear();
    Event first;
    RETURN_IF_ERROR(Read(&first));
    ASSIGN_OR_RETURN(document->root_, Build(first, 1));
    Event end;
    RETURN_IF_ERROR(Read(&end));
    if (document->nodes_->size() == 1 && document->root_->kind == Kind::kScalar && document->root_->IsNull()) {
      document->root_ = nullptr;
    }
    return true;
  }

  /// Where reading has arrived, or stopped with an error.
  Position place() const { return FromMark(parser_.error == YAML_NO_ERROR ? parser_.mark : parser_.problem_mark); }

 private:
  absl::Status Read(Event* event) {
    if (yaml_parser_parse(&parser_, &event->event) == 1) {
      return absl::OkStatus();
    }
    const bool scanner = parser_.error == YAML_SCANNER_ERROR;
    const size_t line = parser_.problem_mark.line + (scanner ? 1 : 0);
    const std::string_view problem = parser_.problem != nullptr ? parser_.problem : "unknown problem parsing YAML content";
    return absl::InvalidArgumentError(line == 0 ? Cat("yaml: ", problem) : Cat("yaml: line ", line, ": ", problem));
  }

  absl::StatusOr<const Node*> Build(const Event& first, int depth) {
    const yaml_event_t& event = first.event;
    if (depth > kMaxDepth) {
      return absl::InvalidArgumentError(Cat("yaml: line ", event.start_mark.line + 1, ": exceeded max depth of ", kMaxDepth));
    }
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        return Alias(event);
      case YAML_SCALAR_EVENT:
        return Scalar(event);
      case YAML_SEQUENCE_START_EVENT:
        return Sequence(event, depth);
      case YAML_MAPPING_START_EVENT:
        return Mapping(event, depth);
      default:
        return absl::InvalidArgumentError("yaml: unexpected event");
    }
  }

  absl::StatusOr<const Node*> Alias(const yaml_event_t& event) {
    const std::string name(Text(event.data.alias.anchor));
    const auto it = anchors_.find(name);
    if (it == anchors_.end()) {
      return absl::InvalidArgumentError(Cat("yaml: unknown anchor '", name, "' referenced"));
    }
    if (open_.contains(it->second)) {
      return absl::InvalidArgumentError(Cat("yaml: anchor '", name, "' value contains itself"));
    }
    return it->second;
  }

  absl::StatusOr<const Node*> Scalar(const yaml_event_t& event) {
    Node* node = Add(event, event.data.scalar.tag, event.data.scalar.anchor);
    node->kind = Kind::kScalar;
    node->plain = event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->block = event.data.scalar.style == YAML_LITERAL_SCALAR_STYLE || event.data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
    node->text.assign(reinterpret_cast<const char*>(event.data.scalar.value), event.data.scalar.length);
    return node;
  }

  absl::StatusOr<const Node*> Sequence(const yaml_event_t& event, int depth) {
    Node* node = Add(event, event.data.sequence_start.tag, event.data.sequence_start.anchor);
    node->kind = Kind::kSequence;
    open_.insert(node);
    size_t size = 1;
    for (;;) {
      Event next;
      RETURN_IF_ERROR(Read(&next));
      if (next.event.type == YAML_SEQUENCE_END_EVENT) {
        break;
      }
      ASSIGN_OR_RETURN(const Node* item, Build(next, depth + 1));
      node->items.push_back(item);
      RETURN_IF_ERROR(Count(item, &size));
    }
    open_.erase(node);
    sizes_[node] = size;
    return node;
  }

  absl::StatusOr<const Node*> Mapping(const yaml_event_t& event, int depth) {
    Node* node = Add(event, event.data.mapping_start.tag, event.data.mapping_start.anchor);
    node->kind = Kind::kMapping;
    open_.insert(node);
    std::vector<const Node*> merges;
    size_t size = 1;
    for (;;) {
      Event next;
      RETURN_IF_ERROR(Read(&next));
      if (next.event.type == YAML_MAPPING_END_EVENT) {
        break;
      }
      ASSIGN_OR_RETURN(const Node* key, Build(next, depth + 1));
      Event second;
      RETURN_IF_ERROR(Read(&second));
      ASSIGN_OR_RETURN(const Node* value, Build(second, depth + 1));
      RETURN_IF_ERROR(Count(key, &size));
      RETURN_IF_ERROR(Count(value, &size));
      if (IsMergeKey(*key)) {
        merges.push_back(value);
      } else {
        node->entries.push_back({key, value});
      }
    }
    for (const Node* merge : merges) {
      RETURN_IF_ERROR(Merge(*merge, node));
    }
    open_.erase(node);
    sizes_[node] = size;
    return node;
  }

  // Puts the entries of a merge key's mapping, or mappings, in front of the node's own, which override them.
  static absl::Status Merge(const Node& from, Node* into) {
    std::vector<const Node*> mappings;
    if (from.kind == Kind::kSequence) {
      mappings = from.items;
    } else {
      mappings.push_back(&from);
    }
    std::unordered_set<std::string_view> have;
    for (const Node::Entry& entry : into->entries) {
      have.insert(entry.key->text);
    }
    std::vector<Node::Entry> merged;
    for (const Node* mapping : mappings) {
      if (mapping->kind != Kind::kMapping) {
        return absl::InvalidArgumentError("yaml: map merge requires map or sequence of maps as the value");
      }
      for (const Node::Entry& entry : mapping->entries) {
        if (have.insert(entry.key->text).second) {
          merged.push_back({entry.key, entry.value, true});
        }
      }
    }
    into->entries.insert(into->entries.begin(), merged.begin(), merged.end());
    return absl::OkStatus();
  }

  Node* Add(const yaml_event_t& event, const yaml_char_t* tag, const yaml_char_t* anchor) {
    Node* node = &document_->nodes_->emplace_back();
    node->position = FromMark(event.start_mark);
    node->tag = ShortTag(Text(tag));
    if (anchor != nullptr) {
      anchors_[std::string(Text(anchor))] = node;
    }
    return node;
  }

  absl::Status Count(const Node* child, size_t* size) const {
    const auto it = sizes_.find(child);
    *size += it == sizes_.end() ? 1 : it->second;
    if (*size > kMaxExpandedNodes) {
      return absl::InvalidArgumentError("yaml: document contains excessive aliasing");
    }
    return absl::OkStatus();
  }

  yaml_parser_t parser_{};
  Document* document_ = nullptr;
  std::unordered_map<std::string, const Node*> anchors_;
  std::unordered_set<const Node*> open_;
  std::unordered_map<const Node*, size_t> sizes_;  // expanded sizes of sequences and mappings
};

absl::StatusOr<Document> Parse(std::string_view text, bool* more, Position* error_at) {
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(Cat("yaml: document is larger than ", kMaxBytes, " bytes"));
  }
  Loader loader(text);
  Document document;
  const absl::StatusOr<bool> any = loader.Next(&document);
  if (!any.ok()) {
    if (error_at != nullptr) {
      *error_at = loader.place();
    }
    return any.status();
  }
  if (more != nullptr) {
    Document second;
    *more = false;
    if (*any) {
      const absl::StatusOr<bool> next = loader.Next(&second);
      *more = !next.ok() || *next;
    }
  }
  return document;
}

absl::StatusOr<std::vector<Document>> ParseAll(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(Cat("yaml: document is larger than ", kMaxBytes, " bytes"));
  }
  Loader loader(text);
  std::vector<Document> documents;
  for (;;) {
    Document document;
    ASSIGN_OR_RETURN(const bool any, loader.Next(&document));
    if (!any) {
      return documents;
    }
    if (document.root() != nullptr) {
      documents.push_back(std::move(document));
    }
  }
}

}  // namespace tocsin::yaml
