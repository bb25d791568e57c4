#include "base/wire/library/proto_library.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <fstream>

#include "base/check.h"

namespace tocsin::wire {

class ProtoLibrary::Impl {
 public:
  Impl() {
    std::ifstream file(TOCSIN_PROTO_DESCRIPTORS, std::ios::binary);
    google::protobuf::FileDescriptorSet set;
    TOCSIN_CHECK(set.ParseFromIstream(&file));
    for (const google::protobuf::FileDescriptorProto& schema : set.file()) {
      TOCSIN_CHECK(pool_.BuildFile(schema) != nullptr);
    }
  }

  std::unique_ptr<google::protobuf::Message> Parse(std::string_view name, std::string_view bytes) {
    const google::protobuf::Descriptor* type = pool_.FindMessageTypeByName(std::string(name));
    TOCSIN_CHECK(type != nullptr);
    std::unique_ptr<google::protobuf::Message> message(factory_.GetPrototype(type)->New());
    return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ? std::move(message) : nullptr;
  }

 private:
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
};

ProtoLibrary::ProtoLibrary() : impl_(std::make_unique<Impl>()) {}
ProtoLibrary::~ProtoLibrary() = default;

bool ProtoLibrary::Rewrite(std::string_view name, std::string_view bytes, std::string* rewritten) {
  const std::unique_ptr<google::protobuf::Message> message = impl_->Parse(name, bytes);
  if (message == nullptr) {
    return false;
  }
  message->DiscardUnknownFields();
  return message->SerializeToString(rewritten);
}

std::string ProtoLibrary::Text(std::string_view name, std::string_view bytes) {
  const std::unique_ptr<google::protobuf::Message> message = impl_->Parse(name, bytes);
  return message == nullptr ? "" : message->DebugString();
}

}  // namespace tocsin::wire
