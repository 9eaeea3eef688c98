// S5, S6: supported compressions, and those that a peer lists.
import FreshetCore
import Testing

@Suite("CompressionRegistry")
struct CompressionRegistryTests {
  @Test func `S5: grpc-accept-encoding lists identity and the supported compressions`() {
    #expect(CompressionRegistry.standard.acceptEncoding == "identity,deflate,gzip")
    #expect(CompressionRegistry.none.acceptEncoding == "identity")
    let own = Compression(name: "own", compress: { $0 }, decompress: { bytes, _ in bytes })
    #expect(CompressionRegistry([own, .gzip, own]).acceptEncoding == "identity,gzip,own")
  }

  @Test func `S5: identity is always supported, other names only when they are registered`() {
    #expect(CompressionRegistry.standard["gzip"]?.name == "gzip")
    #expect(CompressionRegistry.standard["identity"] == nil && CompressionRegistry.standard["br"] == nil)
    #expect(CompressionRegistry.none.supports("identity") && CompressionRegistry.standard.supports("deflate"))
    #expect(!CompressionRegistry.none.supports("gzip") && !CompressionRegistry.standard.supports("GZIP"))
  }

  @Test(
    arguments: [
      ("gzip", true), ("identity,gzip", true), ("identity, gzip ,deflate", true), (" gzip", true),
      ("", false), ("identity", false), ("gzip2", false), ("xgzip,gzi", false), (",,", false),
    ])
  func `S6: a compression may be used only if the peer lists it`(list: String, isListed: Bool) {
    #expect(Compression.gzip.isListed(in: list) == isListed)
  }
}
