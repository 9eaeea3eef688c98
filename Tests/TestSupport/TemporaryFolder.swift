// A folder for one test's files and sockets.
import Foundation

/// Exists from its creation until `remove`.
public struct TemporaryFolder: Sendable {
  public let path: String

  /// Short, since the path of a Unix socket is limited to about a hundred bytes.
  public init() throws {
    let name = "freshet-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  /// Writes a file into the folder.
  /// - Returns: its path.
  public func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: self / name))
    return self / name
  }

  public static func / (folder: TemporaryFolder, name: String) -> String { "\(folder.path)/\(name)" }

  public func remove() { try? FileManager.default.removeItem(atPath: path) }
}
