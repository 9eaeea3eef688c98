// Whether the last message of a call was compressed. gRPC C++ has no public API for it, but lets its own
// interoperability tests access the call through these two class names, and exports the symbols.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);

namespace grpc::testing {

/// GRPC_WRITE_INTERNAL_TEST_ONLY_WAS_COMPRESSED of gRPC 1.51's internal headers.
constexpr uint32_t kWasCompressed = 0x40000000u;

class InteropServerContextInspector {
 public:
  static bool WasCompressed(const ServerContextBase& context) {
    return grpc_call_test_only_get_message_flags(context.call_.call) & kWasCompressed;
  }
};

class InteropClientContextInspector {
 public:
  static bool WasCompressed(const ClientContext& context) {
    return grpc_call_test_only_get_message_flags(context.call_) & kWasCompressed;
  }
};

}  // namespace grpc::testing
