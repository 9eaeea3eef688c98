// The schema inside the stubs, for reflection.
import Freshet
import Testing

@testable import GoldenStubs

@Suite struct EmbeddedSchemaTests {
  @Test func `a service's stubs hold its file and all imports, each after its own imports`() throws {
    let descriptor = Golden_Imported_Clock.descriptor
    #expect(descriptor.name == "golden.imported.Clock")
    #expect(descriptor.file == "imported.proto")
    let files = try Google_Protobuf_FileDescriptorSet(serializedBytes: descriptor.fileDescriptorSet).file
    #expect(
      files.map(\.name) == [
        "google/protobuf/empty.proto", "google/protobuf/timestamp.proto", "unary.proto", "imported.proto",
      ])
    #expect(files.last?.service.map(\.name) == ["Clock"])
    #expect(files.last?.service.first?.method.map(\.name) == ["Now", "Ask"])
    #expect(files.allSatisfy { !$0.hasSourceCodeInfo })
  }

  @Test func `an implementation has the descriptor`() {
    #expect(Golden_Unary_Oracle.Fake().descriptors.map(\.name) == ["golden.unary.Oracle"])
  }
}
