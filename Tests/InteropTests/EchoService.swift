// The echo service for Python's clients. Metadata controls it exactly as in peers/echo_server.py.
import EchoStubs
import Freshet
import FreshetErrorDetails

/// Metadata that controls a call:
/// - `x-echo-initial`, `x-echo-trailing-bin`: echoed as initial and trailing metadata.
/// - `x-fail-code`, `x-fail-message`, `x-fail-after`: fails with this status after that many answers.
/// - `x-fail-details`: … with a `google.rpc.Status` whose details are a `BadRequest` and a `RetryInfo`.
/// - `x-delay-ms`: waits before the first answer. `x-gate`: waits at the start until the test opens the gate.
/// - `x-gather: name/n`: waits at the start until n handlers do.
/// - `x-endless`: `Expand` repeats its words. `x-send-bytes`: its words are padded to that many bytes.
/// - `x-keep-bytes`: `Collect` keeps that many bytes of each request.
/// - `x-step`: `Expand` waits after each word until the client says that it has it; `Collect` says which messages it has. Only here:
///   for clients that fetch.
struct EchoService: Echo_V1_Echo.Service {
  let board: CallBoard

  func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message {
    try await board.observe(context) { call in
      call.received += 1
      try await call.beforeAnswering()
      call.countAnswer()
      return request
    }
  }

  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream { yield in
      try await board.observe(context) { call in
        call.received += 1
        let words = request.text.split(separator: " ").map { call.padded(String($0)) }
        repeat {
          for word in words {
            try await call.beforeAnswering()
            try await yield(Echo_V1_Message(word))
            call.countAnswer()
            if call.isStepwise { try await board.step(.sent, call.sent, of: call.id) }
          }
        } while call.isEndless
        try await call.beforeAnswering()
      }
    }
  }

  func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) async throws -> Echo_V1_Message {
    try await board.observe(context) { call in
      var words: [String] = []
      if call.failsAtOnce { try await call.beforeAnswering() }
      for try await request in requests {
        call.received += 1
        words.append(call.kept(of: request.text))
        if call.isStepwise { board.take(.received, call.received, of: call.id) }
      }
      try await call.beforeAnswering()
      call.countAnswer()
      return Echo_V1_Message(words.joined(separator: " "))
    }
  }

  func update(
    _ requests: RequestStream<Echo_V1_Message>, context: ServerContext
  ) -> MessageStream<Echo_V1_Message> {
    MessageStream { yield in
      try await board.observe(context) { call in
        for try await request in requests {
          call.received += 1
          try await call.beforeAnswering()
          try await yield(Echo_V1_Message("swift says: \(request.text)"))
          call.countAnswer()
        }
        try await call.beforeAnswering()
      }
    }
  }
}

/// One call: does what its metadata asks for, and counts.
struct ObservedCall {
  private let context: ServerContext
  private let board: CallBoard
  let id: String
  var received = 0
  private(set) var sent = 0

  init(_ context: ServerContext, _ board: CallBoard) {
    self.context = context
    self.board = board
    id = context.metadata["x-call-id"] ?? "a call without x-call-id"
  }

  var isStepwise: Bool { context.metadata["x-step"] != nil }
  var isEndless: Bool { context.metadata["x-endless"] != nil }
  var failsAtOnce: Bool { failure != nil && context.metadata["x-fail-after"] == nil }

  func padded(_ word: String) -> String {
    let length = number("x-send-bytes") ?? 0
    return word + String(repeating: ".", count: max(0, length - word.utf8.count))
  }

  func kept(of word: String) -> String {
    number("x-keep-bytes").map { String(decoding: word.utf8.prefix($0), as: UTF8.self) } ?? word
  }

  mutating func countAnswer() {
    sent += 1
    board.recordSent(id)
  }

  /// Runs before the handler's own work.
  func prepare() async throws {
    let metadata = context.metadata
    if let bytes = metadata.binaries(for: "x-echo-trailing-bin").first {
      context.responseTrailers.add(binary: bytes, for: "x-echo-trailing-bin")
    }
    if let text = metadata["x-echo-initial"] {
      context.responseMetadata.add(text, for: "x-echo-initial")
      try await context.sendInitialMetadata()
    }
    if metadata["x-gate"] != nil { try await board.wait(for: id, within: .seconds(120)) }
    if let parts = metadata["x-gather"]?.split(separator: "/"), let count = Int(parts[1]) {
      try await board.gather(String(parts[0]), count)
    }
  }

  /// Waits and fails as the metadata asks. Called before each answer and once more at the end.
  func beforeAnswering() async throws {
    if sent == 0, let delay = number("x-delay-ms") {
      try await board.wait(for: "delay of \(id)", within: .milliseconds(delay))
    }
    if let failure, sent >= number("x-fail-after") ?? 0 { throw failure }
  }

  private var failure: RPCError? {
    guard let name = context.metadata["x-fail-code"] else { return nil }
    let code = Status.Code.allCases.first { "\($0)" == name || "\($0.rawValue)" == name }
    let message = context.metadata.binaries(for: "x-fail-message-bin").first.map { String(decoding: $0, as: UTF8.self) }
    let details: [any SwiftProtobuf.Message] = context.metadata["x-fail-details"] == nil ? [] : Self.details
    return RPCError(
      code: code ?? .invalidArgument, message: message ?? context.metadata["x-fail-message"] ?? "", details: details)
  }

  private static let details: [any SwiftProtobuf.Message] = [
    Google_Rpc_BadRequest.with {
      $0.fieldViolations = [.with { ($0.field, $0.description_p, $0.reason) = ("text", "is no “word”", "NO_WORD") }]
    },
    Google_Rpc_RetryInfo.with { $0.retryDelay = Google_Protobuf_Duration(seconds: 3, nanos: 500_000_000) },
  ]

  private func number(_ key: String) -> Int? { context.metadata[key].flatMap { Int($0) } }
}

extension CallBoard {
  /// Runs a handler's body, and records its start and its end.
  func observe<Answer>(
    _ context: ServerContext, _ body: (inout ObservedCall) async throws -> Answer
  ) async throws -> Answer {
    var call = ObservedCall(context, self)
    let start = Start(
      metadata: context.metadata, timeout: context.deadline?.remaining,
      hasClientCertificate: context.peerCertificateDER != nil)
    record(.started(start), of: call.id)
    do {
      try await call.prepare()
      let answer = try await body(&call)
      record(.ended(.ok, received: call.received, sent: call.sent), of: call.id)
      return answer
    } catch {
      if context.isCancelled { record(.cancelled(taskIsCancelled: Task.isCancelled), of: call.id) }
      let code = (error as? RPCError)?.code ?? (error is CancellationError ? .cancelled : .unknown)
      record(.ended(code, received: call.received, sent: call.sent), of: call.id)
      throw error
    }
  }
}
