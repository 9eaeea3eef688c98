// Reads schema files from disk, by the system's own calls: a schema has hundreds of imports, and each is looked for in
// several folders.
import Foundation

enum SchemaBytes {
  enum Outcome {
    case bytes([UInt8])
    /// There is no such file; a folder is none.
    case missing
    case unreadable(reason: String)
  }

  enum Kind { case file, folder }

  /// Nil if there is nothing.
  static func kind(of path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
  }

  static func read(_ path: String) -> Outcome {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      return errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable(reason: String(cString: strerror(errno)))
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { return .unreadable(reason: String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT != S_IFDIR else { return .missing }
    // What is no plain file has no size to rely on, so that reading goes on until nothing more comes.
    var bytes: [UInt8] = []
    var room = max(4096, Int(status.st_size) + 1)
    while true {
      var count = 0
      let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
        repeat { count = Foundation.read(file, buffer.baseAddress, room) } while count < 0 && errno == EINTR
        initialized = max(0, count)
      }
      guard count >= 0 else { return .unreadable(reason: String(cString: strerror(errno))) }
      if count == 0 { return .bytes(bytes) }
      if bytes.isEmpty { bytes = part } else { bytes += part }
      room = 4096
    }
  }
}
