// The text of a PEM source in an OpenSSL BIO, which wipes its memory when freed: it may hold a key.
import COpenSSL

/// The whole text of a source.
final class PEMText {
  private let bio: OpaquePointer

  /// A bundle of all public roots has a quarter of a MiB; a file beyond this bound is something else.
  private static let maxBytes = 16 << 20

  /// Reads the source; `use` names its purpose in errors.
  init(_ source: PEMSource, as use: String) throws(TLSError) {
    ErrorQueue.clear()
    guard let bio = BIO_new(BIO_s_mem()) else {
      throw .configuration("\(use) \(source)", "cannot be held in memory: \(ErrorQueue.takeText())")
    }
    self.bio = bio
    switch source {
    case .file(let path):
      if let reason = readFile(path) { throw .configuration("\(use) \(source)", reason) }
    case .bytes(let bytes):
      guard bytes.isEmpty || bytes.count <= Self.maxBytes && BIO_write(bio, bytes, Int32(bytes.count)) > 0 else {
        throw .configuration("\(use) \(source)", "is longer than 16 MiB")
      }
    }
  }

  deinit {
    BIO_free(bio)
  }

  /// The next certificate, which the caller frees; nil at the end and at a damaged one, as the error queue shows.
  func readCertificate() -> OpaquePointer? {
    PEM_read_bio_X509(bio, nil, nil, nil)
  }

  /// The private key, which the caller frees, or nil; and whether a password was needed.
  func readPrivateKey() -> (key: OpaquePointer?, isEncrypted: Bool) {
    var wasAsked = false
    // Without a callback OpenSSL asks for the password on the terminal, and a server would hang at its start.
    let refuse: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
      _, _, _, wasAsked in
      wasAsked?.assumingMemoryBound(to: Bool.self).pointee = true
      return -1
    }
    let key = withUnsafeMutablePointer(to: &wasAsked) { PEM_read_bio_PrivateKey(bio, nil, refuse, $0) }
    return (key, wasAsked)
  }

  /// Whether the unread text contains a marker.
  func contains(_ marker: String) -> Bool {
    var start: UnsafePointer<UInt8>?
    let count = BIO_ctrl(bio, BIO_CTRL_INFO, 0, &start)
    guard let start, count > 0 else { return false }
    let text = UnsafeBufferPointer(start: start, count: count)
    let marker = Array(marker.utf8)
    return text.indices.contains { text[$0] == marker[0] && text[$0...].starts(with: marker) }
  }

  /// Copies the file, which may also be a pipe; returns the error, or nil.
  private func readFile(_ path: String) -> String? {
    guard let file = BIO_new_file(path, "r") else { return "cannot be opened: \(ErrorQueue.takeText())" }
    var chunk = [UInt8](repeating: 0, count: 4096)
    defer {
      BIO_free(file)
      OPENSSL_cleanse(&chunk, chunk.count)
    }
    while BIO_ctrl_pending(bio) <= Self.maxBytes {
      let count = BIO_read(file, &chunk, Int32(chunk.count))
      guard count > 0 else {
        let errors = ErrorQueue.take()
        return errors.isEmpty ? nil : "cannot be read: \(errors[0].text)"
      }
      BIO_write(bio, chunk, count)
    }
    return "is longer than 16 MiB"
  }
}
