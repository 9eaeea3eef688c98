// The built-in knowledge of common options equals descriptor.proto.
import SwiftProtobuf
import Testing

@testable import ProtoCompiler

@Suite struct CommonOptionsTests {
  @Test func `The common options are those of descriptor.proto`() throws {
    #expect(CommonOptions.schemas.count == 7)
    let catalog = TypeCatalog()
    for (name, schema) in CommonOptions.schemas {
      let whole = try #require(catalog.message(name))
      for field in schema.fields {
        let fact = try #require(whole.field(named: field.name))
        #expect(fact.number == field.number && fact.kind == field.kind && fact.fullName == field.fullName)
        #expect(!fact.isRepeated && fact.hasPresence == field.hasPresence && fact.typeName == field.typeName)
        for edition in [Edition.proto2, .proto3, .edition2023] {  // since 2024, rules come from the schema
          #expect(fact.rules?.finding(on: .targetTypeUnknown, in: edition) == nil)
        }
      }
    }
  }

  @Test func `The enums of common options are those of descriptor.proto`() throws {
    let catalog = TypeCatalog()
    for schema in CommonOptions.schemas.values {
      for field in schema.fields where field.kind == .enum {
        let known = try #require(CommonOptions.enums[field.typeName])
        let name = try #require(field.typeName.split(separator: ".").last)
        let message = try #require(catalog.descriptor(ofMessage: schema.fullName))
        let whole = try #require(message.enumType.first { $0.name == name })
        #expect(known.isClosed && known.values.map(\.name) == whole.value.map(\.name))
        #expect(known.values.map(\.number) == whole.value.map(\.number))
        #expect(whole.value.allSatisfy { known.rules(of: $0.name) == nil && OptionRules($0.options) == nil })
      }
    }
    #expect(CommonOptions.enums.count == 4)
  }

  @Test func `Directly written descriptors equal those written through messages`() throws {
    let tree = Fixtures.tree(Fixtures.folder)
    for name in ["features/comments.proto", "features/custom_options.proto", "features/proto2.proto"] {
      let (bytes, diagnostics) = Compiler(tree).compileToBytes([name])
      let result = Compiler(tree).compile([name])
      #expect(diagnostics == result.diagnostics && result.isUsable)
      #expect(try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes) == result.fileSet)
    }
  }
}
