// Reads schema files with system calls: a schema has hundreds of imports, and each is searched for in several folders.
import Foundation

enum SchemaBytes {
  enum Outcome {
    case bytes([UInt8])
    /// There is no such file; folders do not count.
    case missing
    case unreadable(reason: String)
  }

  enum Kind { case file, folder }

  /// Nil if there is nothing at the path.
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
    // Anything but a plain file has no reliable size, so it is read to the end.
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
