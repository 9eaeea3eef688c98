// Invalid input to the programs.
import ConformanceStubs
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ProgramInputTests {
  private struct Run {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a program with this standard input.
  private func run(_ name: String, _ input: [UInt8]) async throws -> Run {
    let process = Process()
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    process.executableURL = try BuiltProgram.url(name)
    (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
    let ending = EventLog<Int32>()
    process.terminationHandler = { ending.record($0.terminationStatus) }
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input))
    try stdin.fileHandleForWriting.close()
    let status = try await ending.next("the end of \(name)")
    // Short enough to fit in the pipes.
    let texts = try [stdout, stderr].map {
      String(decoding: try $0.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }
    return Run(status: status, output: texts[0], errors: texts[1])
  }

  private static let bad: [(input: [UInt8], reason: String)] = [
    ([0, 0], "ended after 2 of the 4 bytes"), ([0, 0, 0, 9, 1, 2], "ended after 2 of the 9 bytes"),
    ([0, 0, 0, 3, 0xFF, 0xFF, 0xFF], "3 bytes of standard input are no"),
    (Array("hello".utf8), "announces a"),
  ]

  @Test(arguments: ["conformance-server", "conformance-client"], bad)
  func `invalid input is one line on standard error and exit status 1`(
    name: String, bad: (input: [UInt8], reason: String)
  ) async throws {
    let run = try await run(name, bad.input)
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("\(name): ") && run.errors.contains(bad.reason), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
  }

  @Test func `empty input is an error for the server and no work for the client`() async throws {
    let server = try await run("conformance-server", [])
    #expect(server.status == 1)
    #expect(
      server.errors
        == "conformance-server: standard input is empty: a conformance runner writes a ServerCompatRequest there\n")
    let client = try await run("conformance-client", [])
    #expect(client.status == 0 && client.errors.isEmpty && client.output.isEmpty)
  }

  @Test func `a server without a usable certificate reports it`() async throws {
    let request = Connectrpc_Conformance_V1_ServerCompatRequest.with { $0.useTls = true }
    let run = try await run("conformance-server", framed(request))
    #expect(run.status == 1)
    #expect(run.errors.hasPrefix("conformance-server: ") && run.errors.contains("certificate"), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
  }

  @Test func `the client answers requests before the invalid input`() async throws {
    let request = Connectrpc_Conformance_V1_ClientCompatRequest.with {
      ($0.testName, $0.method) = ("the first", "NoSuchMethod")
    }
    let run = try await run("conformance-client", framed(request) + [1, 2, 3])
    #expect(run.status == 1)
    #expect(run.output.contains("the first"))
    #expect(run.errors.contains("3 of the 4 bytes"), "\(run.errors)")
  }

  private func framed(_ message: some SwiftProtobuf.Message) throws -> [UInt8] {
    let bytes: [UInt8] = try message.serializedBytes()
    return [
      UInt8(bytes.count >> 24), UInt8(bytes.count >> 16 & 255), UInt8(bytes.count >> 8 & 255), UInt8(bytes.count & 255),
    ] + bytes
  }
}
