// How a conformance runner and a program under test communicate: over standard input and output, each message preceded
// by its length, four bytes in network order.
import Foundation
import NIOPosix
package import SwiftProtobuf
import Synchronization

/// The program's end. Reading blocks a thread of its own; writing is atomic, from any task.
package final class RunnerPipe: Sendable {
  /// Standard input is not what a runner writes.
  package struct BadInput: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
  }

  /// More than any message of the runner; text instead of a length gives a larger number.
  private static let maxMessageBytes = 256 << 20

  private let output = Mutex(FileHandle.standardOutput)

  package init() {}

  /// The next message; nil if the runner has no more.
  /// - Throws: `BadInput` when the input ends inside a message, or holds something else.
  package func next<M: SwiftProtobuf.Message>(_ type: M.Type) async throws -> M? {
    guard let bytes = try await NIOThreadPool.singleton.runIfActive({ try Self.readMessage(M.name) }) else {
      return nil
    }
    do {
      return try M(serializedBytes: bytes)
    } catch {
      throw BadInput(description: "\(bytes.count) bytes of standard input are no \(M.name): \(error)")
    }
  }

  package func write(_ message: some SwiftProtobuf.Message) throws {
    let bytes: Data = try message.serializedBytes()
    let prefix = withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Data($0) }
    try output.withLock { try $0.write(contentsOf: prefix + bytes) }
  }

  private static func readMessage(_ name: Substring) throws -> Data? {
    let prefix = try read(4)
    if prefix.isEmpty { return nil }
    guard prefix.count == 4 else {
      throw BadInput(
        description: "standard input ended after \(prefix.count) of the 4 bytes that say how long a \(name) is")
    }
    let count = prefix.reduce(0) { $0 << 8 | Int($1) }
    guard count <= maxMessageBytes else {
      throw BadInput(
        description:
          "standard input announces a \(name) of \(count) bytes, more than the \(maxMessageBytes) that are taken")
    }
    let message = try read(count)
    guard message.count == count else {
      throw BadInput(description: "standard input ended after \(message.count) of the \(count) bytes of a \(name)")
    }
    return message
  }

  /// This many bytes, or fewer at the end of the input.
  private static func read(_ count: Int) throws -> Data {
    var bytes = Data()
    while bytes.count < count, let more = try FileHandle.standardInput.read(upToCount: count - bytes.count),
      !more.isEmpty
    { bytes += more }
    return bytes
  }
}

extension SwiftProtobuf.Message {
  /// Without its package.
  fileprivate static var name: Substring { protoMessageName.split(separator: ".").last ?? "message" }
}
