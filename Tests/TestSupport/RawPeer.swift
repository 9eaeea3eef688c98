// The server's end of an HTTP/1.1 connection, as a test writes it.
import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Reading blocks a thread of its own.
public struct RawPeer: Sendable {
  private let descriptor: CInt

  public init(_ descriptor: CInt) { self.descriptor = descriptor }

  /// What a client sends in one go.
  public func request() async throws -> String {
    let bytes: [UInt8] = await withCheckedContinuation { continuation in
      Thread.detachNewThread { [descriptor] in
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        continuation.resume(returning: Array(buffer.prefix(max(0, count))))
      }
    }
    if bytes.isEmpty { throw PeerFailure(description: "the client has closed") }
    return String(decoding: bytes, as: UTF8.self)
  }

  public func send(_ text: String) { send(Array(text.utf8)) }

  public func send(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, bytes.count) } }

  public func close() { shutdownAndClose(descriptor) }
}

private func shutdownAndClose(_ descriptor: CInt) { close(descriptor) }
