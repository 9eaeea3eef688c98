// Locates this package's programs for tests.
public import Foundation

public enum BuiltProgram {
  /// The program of this name. It is in the folder of the tests, which on macOS are deeper inside a bundle.
  /// - Throws: `PeerFailure` if it is not built.
  public static func url(_ name: String) throws -> URL {
    let tests = Bundle.allBundles.map(\.bundleURL) + [URL(filePath: CommandLine.arguments[0])]
    for start in tests {
      var folder = start.deletingLastPathComponent()
      for _ in 0..<4 {
        let program = folder.appending(path: name)
        if FileManager.default.isExecutableFile(atPath: program.path) { return program }
        folder.deleteLastPathComponent()
      }
    }
    throw PeerFailure(description: "\(name) is not built beside the tests: run `swift build` first")
  }
}
