// Brings the parts of `freshet generate` together: schemas are found, compiled, and turned into the text of files.
import ProtoCompiler
import StubGenerator
import SwiftProtobuf

struct Generation {
  var inputs: [String]
  var protoPaths: [String]
  var output: OutputFolder
  var naming: OutputNaming
  var visibility: StubVisibility
  var messageGenerator: MessageGenerator

  /// The files that the schemas ask for. Nothing is written.
  func files(warn: (String) -> Void) throws(GenerationFailure) -> [OutputFile] {
    let finder = SchemaFinder(protoPaths: protoPaths)
    let names = try finder.names(of: inputs)
    let result = Compiler(finder.sourceTree).compile(names)
    let findings = result.diagnostics.map(\.description)
    guard result.isUsable else { throw GenerationFailure(diagnostics: findings) }
    findings.forEach(warn)
    let sources = try messages(names, result.fileSet) + stubs(names, result.fileSet)
    return try naming.outputFiles(sources)
  }

  /// A file without a type of its own needs none of messages.
  private func messages(
    _ names: [String], _ fileSet: Google_Protobuf_FileDescriptorSet
  ) throws(GenerationFailure) -> [GeneratedSource] {
    let withTypes = Set(fileSet.file.filter { !$0.messageType.isEmpty || !$0.enumType.isEmpty }.map(\.name))
    return try messageGenerator.generate(names.filter(withTypes.contains), fileSet)
  }

  private func stubs(
    _ names: [String], _ fileSet: Google_Protobuf_FileDescriptorSet
  ) throws(GenerationFailure) -> [GeneratedSource] {
    let generator = StubFileGenerator(fileSet, visibility: visibility)
    var sources: [GeneratedSource] = []
    for name in names {
      do throws(StubFileGenerator.Failure) {
        guard let text = try generator.source(for: name) else { continue }
        sources.append(GeneratedSource(schema: name, suffix: ".rpc.swift", text: text))
      } catch {
        throw GenerationFailure(error.description)
      }
    }
    return sources
  }
}
