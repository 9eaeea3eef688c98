// The protoc plugin: writes the same stubs as `freshet generate`, for builds that already use protoc.
//
//   protoc --plugin=.build/release/protoc-gen-freshet --freshet_out=Generated --freshet_opt=Visibility=Public a.proto
import Foundation
import StubGenerator
import SwiftProtobuf
import SwiftProtobufPluginLibrary

@main
enum Main {
  static func main() throws {
    let input = try FileHandle.standardInput.readToEnd() ?? Data()
    let request = try Google_Protobuf_Compiler_CodeGeneratorRequest(serializedBytes: input)
    FileHandle.standardOutput.write(try answer(to: request).serializedData())
  }

  /// A failure is a response too: protoc prints it.
  private static func answer(
    to request: Google_Protobuf_Compiler_CodeGeneratorRequest
  ) -> Google_Protobuf_Compiler_CodeGeneratorResponse {
    var response = Google_Protobuf_Compiler_CodeGeneratorResponse()
    response.supportedFeatures = UInt64(
      Google_Protobuf_Compiler_CodeGeneratorResponse.Feature.proto3Optional.rawValue
        | Google_Protobuf_Compiler_CodeGeneratorResponse.Feature.supportsEditions.rawValue)
    response.minimumEdition = Int32(DescriptorSet.bundledEditionsSupport.lowerBound.rawValue)
    response.maximumEdition = Int32(DescriptorSet.bundledEditionsSupport.upperBound.rawValue)
    do {
      response.file = try files(for: request)
    } catch let failure as PluginFailure {
      response.error = failure.text
    } catch {
      response.error = "\(error)"
    }
    return response
  }

  private static func files(
    for request: Google_Protobuf_Compiler_CodeGeneratorRequest
  ) throws -> [Google_Protobuf_Compiler_CodeGeneratorResponse.File] {
    let parameter = try PluginParameter(request.parameter)
    let generator = StubFileGenerator(
      .with { $0.file = request.protoFile }, visibility: parameter.visibility, modules: parameter.modules,
      statesAccessOnImports: parameter.statesAccessOnImports)
    return try request.fileToGenerate.compactMap { name in
      guard let text = try generator.source(for: name) else { return nil }
      return .with {
        $0.name = parameter.path(of: name)
        $0.content = text
      }
    }
  }
}
