// One interface to both kinds of client, so that each case is written once.
import Foundation
import Freshet
import TestSupport

enum ClientKind: String, Sendable {
  case freshet = "Freshet"
  case python = "gRPC for Python"
  /// Has no gRPC logic and no deadline of its own.
  case curl
}

/// Calls the echo service.
protocol Caller: Sendable {
  /// Starts a call with these words and this metadata.
  func begin(
    _ kind: CallKind, _ words: [String], _ metadata: Metadata, timeout: Duration?
  ) async throws -> any CallInProgress
}

/// A running call.
protocol CallInProgress: Sendable {
  /// The value of `x-call-id` in its metadata.
  var id: String { get }
  func cancel() async throws
  /// Waits for the call to end.
  func result() async throws -> CallResult
}

struct CallResult: Sendable {
  var code: Status.Code = .ok
  var message = ""
  var texts: [String] = []
  var initial: Metadata = [:]
  var trailing: Metadata = [:]
}

extension Caller {
  func begin(_ kind: CallKind, _ words: [String], _ metadata: Metadata = [:]) async throws -> any CallInProgress {
    try await begin(kind, words, metadata, timeout: nil)
  }

  func call(_ kind: CallKind, _ words: [String], _ metadata: Metadata = [:]) async throws -> CallResult {
    try await begin(kind, words, metadata, timeout: nil).result()
  }
}

extension OurClient: Caller {
  private struct Running: CallInProgress {
    let id: String
    let task: Task<Outcome, any Error>

    func cancel() { task.cancel() }

    func result() async throws -> CallResult {
      do {
        let outcome = try await task.value
        return CallResult(texts: outcome.texts, initial: outcome.initial, trailing: outcome.trailing)
      } catch let error as RPCError {
        return CallResult(code: error.code, message: error.message, trailing: error.metadata)
      }
    }
  }

  func begin(
    _ kind: CallKind, _ words: [String], _ metadata: Metadata, timeout: Duration?
  ) async throws -> any CallInProgress {
    let id = CallID.next()
    var options = CallOptions(metadata: metadata, timeout: timeout)
    options.metadata.add(id, for: "x-call-id")
    return Running(id: id, task: Task { [options] in try await call(kind, words, options) })
  }
}

extension PythonClient: Caller {
  private struct Running: CallInProgress {
    let call: Call
    var id: String { call.id }

    func cancel() async throws { try await call.cancel() }

    func result() async throws -> CallResult {
      let answer = try await call.answer()
      return CallResult(
        code: Status.Code.allCases.first { "\($0)" == answer.code } ?? .unknown, message: answer.message ?? "",
        texts: answer.texts ?? [], initial: Metadata(json: answer.initial), trailing: Metadata(json: answer.trailing))
    }
  }

  func begin(
    _ kind: CallKind, _ words: [String], _ metadata: Metadata, timeout: Duration?
  ) async throws -> any CallInProgress {
    var command = Command(kind, words)
    command.metadata = metadata.map { key, value in
      switch value {
      case .string(let text): [key, text]
      case .binary(let bytes): [key, Data(bytes).base64EncodedString()]
      }
    }
    command.timeoutMs = timeout.map { Int($0 / .milliseconds(1)) }
    return Running(call: try await start(command))
  }
}

extension Metadata {
  /// Metadata as the Python peers write it: values of -bin keys are base64.
  fileprivate init(json pairs: [[String]]?) {
    self.init()
    for pair in pairs ?? [] where pair.count == 2 {
      if pair[0].hasSuffix("-bin") {
        add(binary: Array(Data(base64Encoded: pair[1]) ?? Data()), for: pair[0])
      } else {
        add(pair[1], for: pair[0])
      }
    }
  }
}
