// Writes a file completely or not at all. Does not wait for the disk, unlike a document's editor: generated files can
// be regenerated.
import Foundation

enum WholeFile {
  struct Failure: Error {
    var reason: String

    /// The system's last error.
    fileprivate init() { reason = String(cString: strerror(errno)) }
  }

  /// An existing link or device is not replaced but written to.
  static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    var status = stat()
    let isPresent = lstat(path, &status) == 0
    guard !isPresent || status.st_mode & S_IFMT == S_IFREG else { return try fill(path, bytes) }
    let draft = "\(path).\(getpid())~"
    do throws(Failure) {
      try fill(draft, bytes, permissions: isPresent ? status.st_mode & 0o777 : 0o666)
      guard rename(draft, path) == 0 else { throw Failure() }
    } catch {
      unlink(draft)
      throw error
    }
  }

  private static func fill(_ path: String, _ bytes: [UInt8], permissions: mode_t = 0o666) throws(Failure) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions)
    guard file >= 0 else { throw Failure() }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure() }
      rest = rest.dropFirst(count)
    }
  }
}
