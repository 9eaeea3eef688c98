// Drives a program under test as a conformance runner does: length-prefixed messages over its input and output.
import Foundation
import NIOPosix
import SwiftProtobuf
import Synchronization
import TestSupport

/// A running program that writes messages of one type.
final class RunnerProcess<Output: SwiftProtobuf.Message>: Sendable {
  private let process: Mutex<Process>
  private let input: Mutex<FileHandle?>
  private let messages = EventLog<Output>()
  private let ending = EventLog<Int32>()
  private let name: String

  /// - Parameter name: of the product, built next to the tests.
  init(_ name: String) throws {
    self.name = name
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = try BuiltProgram.url(name)
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.terminationHandler = { [ending] in ending.record($0.terminationStatus) }
    try process.run()
    self.process = Mutex(process)
    self.input = Mutex(input.fileHandleForWriting)
    let reader = output.fileHandleForReading
    Thread.detachNewThread { [messages] in Self.read(reader, into: messages) }
  }

  func send(_ message: some SwiftProtobuf.Message) async throws {
    let bytes: Data = try message.serializedBytes()
    let prefix = withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Data($0) }
    // Writing to a full pipe blocks, which a thread that runs tasks must not do. The lock keeps messages whole.
    try await NIOThreadPool.singleton.runIfActive {
      try self.input.withLock { try $0?.write(contentsOf: prefix + bytes) }
    }
  }

  func next(_ what: String, where matches: @escaping @Sendable (Output) -> Bool = { _ in true }) async throws -> Output
  {
    try await messages.next(what, within: .seconds(120), where: matches)
  }

  func closeInput() {
    input.withLock { input in
      try? input?.close()
      input = nil
    }
  }

  func terminate() { process.withLock { $0.terminate() } }

  /// Waits for the program to exit.
  func exitStatus() async throws -> Int32 { try await ending.next("the end of \(name)", within: .seconds(60)) }

  private static func read(_ output: FileHandle, into messages: EventLog<Output>) {
    do {
      while let prefix = try read(4, of: output) {
        let count = prefix.reduce(0) { $0 << 8 | Int($1) }
        guard let bytes = try read(count, of: output) else { break }
        messages.record(try Output(serializedBytes: bytes))
      }
      messages.end("the program has closed its output")
    } catch {
      messages.end("its output is no messages: \(error)")
    }
  }

  private static func read(_ count: Int, of output: FileHandle) throws -> Data? {
    var bytes = Data()
    while bytes.count < count {
      guard let more = try output.read(upToCount: count - bytes.count), !more.isEmpty else { return nil }
      bytes += more
    }
    return bytes
  }
}
