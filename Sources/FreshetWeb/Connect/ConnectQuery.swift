// The query of a Connect call by GET, which has the whole request in it (W34, W36).
import FreshetCore
import FreshetText

/// A request in a query: `connect=v1&base64=1&compression=gzip&encoding=proto&message=…`.
package struct ConnectQuery: Hashable, Sendable {
  /// The name of the format.
  package var encoding: String
  /// Empty or `identity` without one.
  package var compression: String
  /// As it was compressed.
  package var message: [UInt8]

  package init(encoding: String, compression: String = "", message: [UInt8]) {
    self.encoding = encoding
    self.compression = compression
    self.message = message
  }

  // MARK: Reading

  /// Reads the query of a path. The names may come in any order, and others than these are ignored.
  /// - Parameter requiresVersion: whether `connect=v1` may not be missing.
  /// - Throws: `INVALID_ARGUMENT` for a name that is missing or comes twice, another version, or a message that cannot be decoded.
  package init(path: some Collection<UInt8>, requiresVersion: Bool = false) throws(WebFault) {
    var values: [String: [UInt8]] = [:]
    let query = path.firstIndex(of: UInt8(ascii: "?")).map { path[path.index(after: $0)...] } ?? path[path.endIndex...]
    for pair in query.split(separator: UInt8(ascii: "&")) {
      let name = pair.prefix { $0 != UInt8(ascii: "=") }
      let key = Self.decode(name).map { String(decoding: $0, as: UTF8.self) } ?? ""
      guard Self.names.contains(key) else { continue }
      guard values[key] == nil else { throw .invalid("the query has \(key) twice") }
      guard let value = Self.decode(pair.dropFirst(name.count + 1)) else {
        throw .invalid("the query's \(key) has a “%” without two hexadecimal digits behind it")
      }
      values[key] = value
    }
    func text(_ name: String) -> String? { values[name].map { String(decoding: $0, as: UTF8.self) } }
    if let version = text("connect") {
      guard version == "v1" else { throw .invalid("the query has connect=\(printable(version)), which has to be v1") }
    } else if requiresVersion {
      throw .invalid("the query has no connect=v1")
    }
    guard let encoding = text("encoding") else { throw .invalid("the query has no encoding") }
    guard let message = values["message"] else { throw .invalid("the query has no message") }
    self.encoding = encoding
    compression = text("compression") ?? ""
    if text("base64") == "1" {
      guard let decoded = Base64.decode(message, .urlSafe) else {
        throw .invalid("the query's message is not in URL-safe base64")
      }
      self.message = decoded
    } else {
      self.message = message
    }
  }

  /// The place of the encoding in the method's formats.
  package func format(of method: WebMethod) throws(WebFault) -> Int {
    if let format = method.formats.firstIndex(of: encoding) { return format }
    throw .mediaType("application/\(encoding)", accepted: method.mediaTypes)
  }

  private static let names: Set = ["connect", "base64", "compression", "encoding", "message"]

  /// - Returns: nil for a `%` without two digits behind it. A plus is a blank, as forms have it.
  private static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else { return nil }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    return bytes
  }

  private static func hexValue(_ digit: UInt8) -> UInt8? {
    Character(Unicode.Scalar(digit)).hexDigitValue.map { UInt8($0) }
  }

  // MARK: Writing

  /// What a URL should be no longer than; a longer one is sent as POST instead.
  package static let maxURLBytes = 8192

  /// The path and the query, in the order that caches see from all clients. A message that is text is percent-encoded.
  package func path(of method: String) -> String {
    let isCompressed = !compression.isEmpty && compression != "identity"
    let isText = encoding == "json" && !isCompressed
    var path = "\(method)?connect=v1"
    if !isText { path += "&base64=1" }
    if isCompressed { path += "&compression=\(Self.encode(Array(compression.utf8)))" }
    path += "&encoding=\(Self.encode(Array(encoding.utf8)))&message="
    return path + (isText ? Self.encode(message) : Base64.encode(message, .urlSafe))
  }

  /// All but unreserved characters (RFC 3986 §2.3) as `%XX`.
  private static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        text.append(byte)
      default:
        let digits = Array("0123456789ABCDEF".utf8)
        text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
