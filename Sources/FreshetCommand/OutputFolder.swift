// The folder that generated files are written to, or compared with.
import Foundation

struct OutputFolder {
  let path: String

  /// The files that are missing or differ, each with the reason.
  func staleFiles(_ files: [OutputFile]) throws(GenerationFailure) -> [String] {
    files.compactMap { file in
      guard let present = contents(of: file) else { return "\(location(of: file)) (missing)" }
      return present == Data(file.text.utf8) ? nil : "\(location(of: file)) (differs)"
    }
  }

  /// Writes the files that are missing or differ. Each is written atomically, and one that is up to date is not
  /// touched, so that builds see no false changes.
  /// - Returns: the paths of the written files.
  func write(_ files: [OutputFile]) throws(GenerationFailure) -> [String] {
    var written: [String] = []
    for file in files where contents(of: file) != Data(file.text.utf8) {
      let url = URL(filePath: location(of: file))
      do {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(file.text.utf8).write(to: url, options: .atomic)
      } catch {
        throw GenerationFailure("“\(location(of: file))” cannot be written: \(error.localizedDescription)")
      }
      written.append(location(of: file))
    }
    return written
  }

  private func contents(of file: OutputFile) -> Data? { FileManager.default.contents(atPath: location(of: file)) }

  private func location(of file: OutputFile) -> String {
    path.hasSuffix("/") ? path + file.path : path + "/" + file.path
  }
}
