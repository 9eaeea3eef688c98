// What is known of options without reading descriptor.proto is what it says.
import SwiftProtobuf
import Testing

@testable import ProtoCompiler

@Suite struct CommonOptionsTests {
  @Test("The common options are those of descriptor.proto")
  func facts() throws {
    #expect(CommonOptions.schemas.count == 7)
    let catalog = TypeCatalog()
    for (name, schema) in CommonOptions.schemas {
      let whole = try #require(catalog.message(name))
      for field in schema.fields {
        let fact = try #require(whole.field(named: field.name))
        #expect(fact.number == field.number && fact.kind == field.kind && fact.fullName == field.fullName)
        #expect(!fact.isRepeated && fact.hasPresence == field.hasPresence)
      }
    }
  }

  @Test("Descriptors written at once are those written by way of their messages")
  func bytes() throws {
    let tree = Fixtures.tree(Fixtures.folder)
    for name in ["features/comments.proto", "features/custom_options.proto", "features/proto2.proto"] {
      let (bytes, diagnostics) = Compiler(tree).compileToBytes([name])
      let result = Compiler(tree).compile([name])
      #expect(diagnostics == result.diagnostics && result.isUsable)
      #expect(try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes) == result.fileSet)
    }
  }
}
