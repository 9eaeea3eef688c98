// What a descriptor derives from its parts.
import FreshetCore
import NIOCore
import Testing

@Suite("MethodDescriptor")
struct MethodDescriptorTests {
  @Test func `S1: the path is made of the service and the method, case kept`() {
    let descriptor = MethodDescriptor<ByteBuffer, ByteBuffer>(
      service: "echo.v1.Echo", method: "Get", kind: .unary, requestCodec: BytesCodec(), responseCodec: BytesCodec())
    #expect(descriptor.path == "/echo.v1.Echo/Get")
    #expect(descriptor.kind == .unary && descriptor.idempotency == .unknown)
  }
}
