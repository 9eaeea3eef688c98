// Files of a folder as plain routes.
import FreshetCore
import FreshetServer
import FreshetStreams
import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The files of one folder, read on NIO's threads for files.
struct StaticFiles: Sendable {
  private static let portionBytes = 64 * 1024

  /// Without symbolic links in it.
  private let root: String
  private let cacheControl: String

  /// - Returns: nil if there is no such folder.
  init?(_ folder: String, cacheControl: String) {
    guard let root = Self.realPath(folder), Self.isFolder(root) else { return nil }
    self.root = root
    self.cacheControl = cacheControl
  }

  /// - Parameter path: relative, percent-decoded.
  func answer(_ request: HTTPRequest, _ path: String) async throws -> HTTPResponse {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true)
    // Hidden files are not served; "." and ".." begin with a dot as well.
    if path.utf8.contains(0) || parts.contains(where: { $0.hasPrefix(".") }) { throw Self.notFound }
    let relative = parts.joined(separator: "/")
    // The folder of all files may be at `/static`, too, where the links of its index would be wrong.
    let isFolderPath = path.isEmpty ? request.path.hasSuffix("/") || request.path.isEmpty : path.hasSuffix("/")
    let found = try await NIOThreadPool.singleton.runIfActive { open(relative, isFolderPath: isFolderPath) }
    switch found {
    case .nothing: throw Self.notFound
    case .folder: return HTTPResponse(status: 308, fields: [HTTPField("location", Self.location(request))])
    case .file(let file): return answer(request, file)
    }
  }

  /// The folder's path, relative to the request's. A path of the request's own would not do: `//name/` is a host to
  /// browsers. Encoded, the last segment is nothing but a name, and behind `./` it is no scheme.
  private static func location(_ request: HTTPRequest) -> String {
    let last = PathText.segments(of: request.path).last ?? ""
    let query = request.query.map { "?\($0)" } ?? ""
    return "./\(PathText.encode(PathText.decode(last) ?? ""))/\(query)"
  }

  private static let notFound = RPCError(code: .notFound, message: "there is no such file")

  // MARK: Files

  /// An open file, closed with the last reference.
  private final class File: Sendable {
    let descriptor: CInt
    let size: Int
    let tag: String
    let name: String

    init(_ descriptor: CInt, _ status: stat, name: String) {
      self.descriptor = descriptor
      self.name = name
      size = Int(status.st_size)
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      tag = "\"\(String(time.tv_sec, radix: 16))-\(String(time.tv_nsec, radix: 16))-\(String(size, radix: 16))\""
    }

    deinit { close(descriptor) }

    func read(at offset: Int, count: Int) throws -> ByteBuffer {
      var buffer = ByteBufferAllocator().buffer(capacity: count)
      let got = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
        max(0, pread(descriptor, memory.baseAddress, count, off_t(offset)))
      }
      guard got > 0 else { throw RPCError(code: .dataLoss, message: "the file has become shorter") }
      return buffer
    }
  }

  private enum Found {
    case file(File)
    /// Its files are at a path with a slash at its end.
    case folder
    case nothing
  }

  private func open(_ relative: String, isFolderPath: Bool) -> Found {
    var path = relative.isEmpty ? root : "\(root)/\(relative)"
    // Links may lead anywhere, so what counts is where they end.
    guard let real = Self.realPath(path), real == root || real.hasPrefix(root + "/") else { return .nothing }
    if Self.isFolder(real) {
      if !isFolderPath { return .folder }
      path = "\(real)/index.html"
      guard let index = Self.realPath(path), index.hasPrefix(root + "/") else { return .nothing }
      return openFile(index)
    }
    return isFolderPath ? .nothing : openFile(real)
  }

  private func openFile(_ path: String) -> Found {
    let descriptor = systemOpen(path)
    guard descriptor >= 0 else { return .nothing }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      return .nothing
    }
    return .file(File(descriptor, status, name: path))
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  // MARK: Answers

  private func answer(_ request: HTTPRequest, _ file: File) -> HTTPResponse {
    var fields = [
      HTTPField("content-type", Self.type(of: file.name)), HTTPField("etag", file.tag),
      HTTPField("accept-ranges", "bytes"), HTTPField("cache-control", cacheControl),
      HTTPField("x-content-type-options", "nosniff"),
    ]
    if let wanted = request.list("if-match"), !Self.lists(wanted, file.tag, weakly: false) {
      return HTTPResponse(status: 412, fields: [HTTPField("etag", file.tag)])
    }
    if let known = request.list("if-none-match"), Self.lists(known, file.tag, weakly: true) {
      return HTTPResponse(status: 304, fields: fields)
    }
    var range = 0..<file.size, status = 200
    // HEAD has no ranges (RFC 9110 §14.2).
    let mayBePart = request.method == "GET" && request["if-range"].map { $0 == file.tag } ?? true
    if mayBePart, let wanted = request["range"] {
      switch ByteRange.read(wanted, size: file.size) {
      case .whole: break
      case .part(let part):
        (range, status) = (part, 206)
        fields.append(HTTPField("content-range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.size)"))
      case .unsatisfiable:
        return HTTPResponse(status: 416, fields: [HTTPField("content-range", "bytes */\(file.size)")])
      }
    }
    return HTTPResponse(status: status, fields: fields, length: range.count, stream: Self.stream(file, range))
  }

  private static func stream(_ file: File, _ range: Range<Int>) -> MessageStream<ByteBuffer> {
    MessageStream { yield in
      var offset = range.lowerBound
      while offset < range.upperBound {
        let start = offset, count = min(portionBytes, range.upperBound - offset)
        let portion = try await NIOThreadPool.singleton.runIfActive { try file.read(at: start, count: count) }
        offset += portion.readableBytes
        try await yield(portion)
      }
    }
  }

  /// If-Match compares strongly, If-None-Match weakly (RFC 9110 §13.1).
  static func lists(_ list: String, _ tag: String, weakly: Bool) -> Bool {
    list.split(separator: ",").contains { item in
      var item = item.drop { $0 == " " }
      while item.last == " " { item.removeLast() }
      return item == "*" || item == tag || weakly && item == "W/\(tag)"
    }
  }

  private static func type(of name: String) -> String {
    let last = name.split(separator: "/").last ?? ""
    let ending = last.contains(".") ? last.split(separator: ".").last.map { $0.lowercased() } ?? "" : ""
    return types[ending] ?? "application/octet-stream"
  }

  private static let types: [String: String] = [
    "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8", "json": "application/json",
    "map": "application/json", "txt": "text/plain; charset=utf-8", "md": "text/markdown; charset=utf-8",
    "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "avif": "image/avif", "ico": "image/vnd.microsoft.icon", "woff": "font/woff",
    "woff2": "font/woff2", "wasm": "application/wasm", "pdf": "application/pdf", "xml": "application/xml",
    "mp4": "video/mp4", "webm": "video/webm", "mp3": "audio/mpeg", "zip": "application/zip", "gz": "application/gzip",
  ]
}

extension HTTPRequest {
  /// A list, which may be in several fields.
  func list(_ name: String) -> String? {
    let values = fields.filter { $0.name == name }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ",")
  }
}

/// `open` is also a method's name.
private func systemOpen(_ path: String) -> CInt { open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }

/// One range of bytes (RFC 9110 §14.1.2).
enum ByteRange: Equatable {
  case whole
  case part(Range<Int>)
  case unsatisfiable

  /// Several ranges, and what cannot be read, mean the whole.
  static func read(_ text: String, size: Int) -> ByteRange {
    let prefix = "bytes="
    guard text.lowercased().hasPrefix(prefix) else { return .whole }
    let ends = text.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return .whole }
    if ends[0].isEmpty {
      guard let last = Int(ends[1]) else { return .whole }
      return last == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - last)..<size)
    }
    guard let first = Int(ends[0]) else { return .whole }
    if !ends[1].isEmpty, (Int(ends[1]) ?? .max) < first { return .whole }
    if first >= size { return .unsatisfiable }
    let last = ends[1].isEmpty ? size - 1 : min(Int(ends[1]) ?? .max, size - 1)
    return .part(first..<last + 1)
  }
}
