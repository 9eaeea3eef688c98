// Generates messages with swift-protobuf's own generator.
import Foundation
import StubGenerator
import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// Runs the program `protoc-gen-swift` as protoc would: a request on its standard input, the files in its response.
struct MessageGenerator {
  /// The path of the program; nil for the one beside our own.
  let path: String?
  let visibility: StubVisibility
  let modules: ModuleMappings

  func generate(
    _ names: [String], _ fileSet: Google_Protobuf_FileDescriptorSet
  ) throws(GenerationFailure) -> [GeneratedSource] {
    guard !names.isEmpty else { return [] }
    let answer = try run(program(), request(names, fileSet))
    guard !answer.hasError else { throw GenerationFailure("protoc-gen-swift: \(answer.error)") }
    return try answer.file.map { (file) throws(GenerationFailure) in
      guard file.name.hasSuffix(Self.suffix) else {
        throw GenerationFailure("protoc-gen-swift wrote a file that was not asked for: “\(file.name)”")
      }
      let schema = file.name.dropLast(Self.suffix.count) + ".proto"
      return GeneratedSource(schema: String(schema), suffix: Self.suffix, text: withImports(file.content))
    }
  }

  static let suffix = ".pb.swift"

  /// A package's imports in the stubs' form: `package import` is an error beside an import without an access level.
  private func withImports(_ text: String) -> String {
    guard visibility == .package else { return text }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      line.hasPrefix(Self.packageImport)
        ? StubFileGenerator.packageImport(String(line.dropFirst(Self.packageImport.count))) : [String(line)]
    }
    return lines.joined(separator: "\n")
  }

  private static let packageImport = "package import "

  private func request(
    _ names: [String], _ fileSet: Google_Protobuf_FileDescriptorSet
  ) -> Google_Protobuf_Compiler_CodeGeneratorRequest {
    .with {
      $0.fileToGenerate = names
      $0.protoFile = fileSet.file
      let visibility = visibility.rawValue.prefix(1).uppercased() + visibility.rawValue.dropFirst()
      let mappings = modules.path.map { ",ProtoPathModuleMappings=\($0)" } ?? ""
      $0.parameter =
        "FileNaming=FullPath,Visibility=\(visibility),UseAccessLevelOnImports=\(self.visibility != .internal)\(mappings)"
      // The program warns about compilers that send no version; this is the version whose descriptors ours equal.
      $0.compilerVersion = .with { ($0.major, $0.minor, $0.patch) = (3, 21, 12) }
    }
  }

  private func program() throws(GenerationFailure) -> URL {
    let beside = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "protoc-gen-swift")
    guard let url = path.map({ URL(filePath: $0) }) ?? beside,
      FileManager.default.isExecutableFile(atPath: url.path)
    else {
      throw GenerationFailure(
        "there is no program “\(path ?? beside?.path ?? "protoc-gen-swift")”, which generates the messages; "
          + "say where it is with --protoc-gen-swift")
    }
    return url
  }

  /// Request and response go through files, which unlike pipes can hold both completely.
  private func run(
    _ program: URL, _ request: Google_Protobuf_Compiler_CodeGeneratorRequest
  ) throws(GenerationFailure) -> Google_Protobuf_Compiler_CodeGeneratorResponse {
    do {
      let folder = FileManager.default.temporaryDirectory.appending(path: "freshet-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let (input, output) = (folder.appending(path: "request"), folder.appending(path: "answer"))
      try request.serializedData().write(to: input)
      try Data().write(to: output)
      let process = Process()
      process.executableURL = program
      process.standardInput = try FileHandle(forReadingFrom: input)
      process.standardOutput = try FileHandle(forWritingTo: output)
      try process.run()
      process.waitUntilExit()
      guard process.terminationReason == .exit, process.terminationStatus == 0 else {
        throw GenerationFailure("“\(program.path)” failed with status \(process.terminationStatus)")
      }
      return try Google_Protobuf_Compiler_CodeGeneratorResponse(serializedBytes: Data(contentsOf: output))
    } catch let failure as GenerationFailure {
      throw failure
    } catch {
      throw GenerationFailure("“\(program.path)” could not be run: \(error)")
    }
  }
}
