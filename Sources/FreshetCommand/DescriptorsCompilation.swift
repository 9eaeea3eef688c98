// Implements `freshet descriptors`: from schema files to one file of descriptors.
import Foundation
import ProtoCompiler

struct DescriptorsCompilation: Equatable {
  var inputs: [String] = []
  var protoPaths: [String] = ["."]
  /// The file to write to.
  var out: String

  /// Compiles and writes; reports errors in the schemas on standard error.
  /// - Returns: whether the file was written.
  func run() -> Bool {
    do throws(GenerationFailure) {
      try write()
      return true
    } catch {
      error.lines.forEach(Self.printError)
      return false
    }
  }

  private func write() throws(GenerationFailure) {
    let finder = SchemaFinder(protoPaths: protoPaths)
    let (bytes, diagnostics) = Compiler(finder.sourceTree).compileToBytes(try finder.names(of: inputs))
    let findings = diagnostics.map(\.description)
    guard !diagnostics.contains(where: { $0.severity == .error }) else {
      throw GenerationFailure(diagnostics: findings)
    }
    findings.forEach(Self.printError)
    do throws(WholeFile.Failure) {
      try WholeFile.write(bytes, to: out)
    } catch {
      throw GenerationFailure("“\(out)” cannot be written: \(error.reason)")
    }
  }

  private static func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
