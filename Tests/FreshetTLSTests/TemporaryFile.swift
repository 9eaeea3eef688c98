// A file that exists during a closure; written through OpenSSL, so that Foundation is not needed.
import COpenSSL

enum TemporaryFile {
  /// Calls the closure with the path of a new file with these bytes, and removes it afterwards.
  static func with<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    let path = "\(folder)/freshet-tls-test-\(UInt64.random(in: 0 ... .max)).pem"
    let file = BIO_new_file(path, "w")
    BIO_write(file, bytes, Int32(bytes.count))
    BIO_free(file)
    defer { remove(path) }
    return try body(path)
  }
}
