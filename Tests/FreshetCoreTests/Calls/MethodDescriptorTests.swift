// Derived properties of a descriptor.
import FreshetCore
import NIOCore
import Testing

@Suite("MethodDescriptor")
struct MethodDescriptorTests {
  @Test func `S1: the path consists of the service and the method, case preserved`() {
    let descriptor = MethodDescriptor<ByteBuffer, ByteBuffer>(
      service: "echo.v1.Echo", method: "Get", kind: .unary, requestCodec: BytesCodec(), responseCodec: BytesCodec())
    #expect(descriptor.path == "/echo.v1.Echo/Get")
    #expect(descriptor.kind == .unary && descriptor.idempotency == .unknown)
  }
}
