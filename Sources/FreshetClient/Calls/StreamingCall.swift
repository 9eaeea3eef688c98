// A call with a stream of responses before and after its start: the object behind a `ResponseStream`.
import FreshetCore
import FreshetTransport
import NIOCore
import Synchronization

/// Cold: the call is made on first use, and cancelled when the last reference is released.
final class StreamingCall<Request: Sendable, Response: Sendable>: ResponseSource {
  /// Feeds a started call with requests.
  typealias Produce = @Sendable (ClientCall) async -> Void

  /// The source of the requests.
  enum Requests: Sendable {
    case only(Request)
    case produced(Produce)
    /// `BidirectionalCall.send` sends them.
    case sent

    var areProduced: Bool {
      if case .produced = self { true } else { false }
    }
  }

  private let core: ChannelCore
  /// A stream may be the only reference to its channel, which shuts down when there is none.
  private let channel: RPCChannel
  private let method: MethodDescriptor<Request, Response>
  private let options: CallOptions
  private let requests: Requests
  private let shared = Mutex(StreamingCallState())
  let signals = ResponseSignals()

  init(
    _ core: ChannelCore, of channel: RPCChannel, _ method: MethodDescriptor<Request, Response>, _ options: CallOptions,
    _ requests: Requests
  ) {
    self.core = core
    self.channel = channel
    self.method = method
    self.options = options
    self.requests = requests
  }

  deinit {
    if let call = shared.withLock({ $0.call }) { call.cancel(.responsesAreNotRead) }
  }

  /// The call, started if necessary.
  func call() -> ClientCall { callAndFinish().call }

  private func callAndFinish() -> (call: ClientCall, isFinished: Bool) {
    let (call, isNew, isFinished) = shared.withLock { shared -> (ClientCall, Bool, Bool) in
      if let call = shared.call { return (call, false, shared.isFinished) }
      let call = ClientCall(core, method, options, hasProducer: requests.areProduced)
      shared.call = call
      return (call, true, shared.isFinished)
    }
    if isNew { start(call) }
    return (call, isFinished)
  }

  private func start(_ call: ClientCall) {
    switch requests {
    case .only(let request):
      do throws(RPCError) {
        let only = try OnlyRequest(request, method, options, of: call)
        call.start(.stream(signals), only: only)
      } catch {
        call.start(.stream(signals), only: nil)
        call.fail(error)
      }
    case .produced(let produce):
      // On the channel's loop, where sending needs no hop; created here, so that it sees the caller's task-locals. The
      // call owns it: it is cancelled when the call ends.
      let producer = Task(executorPreference: core.executor) { await produce(call) }
      call.start(.stream(signals), only: nil, producer: producer)
    case .sent:
      call.start(.stream(signals), only: nil)
    }
  }

  func send(_ request: Request) async throws(RPCError) {
    let encoded = try core.options.encode(request, of: method)
    let (call, isFinished) = callAndFinish()
    if isFinished { throw .sentAfterEnd }
    var options = options
    // A call that ended before it was opened refuses the message in any case.
    if call.hasInterceptors, await call.waitUntilOpen() { options = call.options }
    let frame = try call.frame(consume encoded, options)
    do throws(RPCError) {
      try await call.stream.send(frame)
    } catch {
      if Task.isCancelled { call.cancel(error) }
      throw error
    }
  }

  func finish() {
    let call = call()
    shared.withLock { $0.isFinished = true }
    call.stream.finishSending()
  }

  // MARK: For the reader

  /// The same call, not yet made; `nil` if its requests were sent by hand.
  func madeAgain() -> (any ResponseSource<Response>)? {
    if case .sent = requests { return nil }
    return StreamingCall(core, of: channel, method, options, requests)
  }

  func noteFailure(_ error: RPCError) { shared.withLock { $0.failure = error } }

  var failure: RPCError? { shared.withLock { $0.failure } }

  func takeReader() -> Bool {
    shared.withLock { shared in
      defer { shared.isReaderTaken = true }
      return !shared.isReaderTaken
    }
  }

  func decode(_ message: MessageDeframer.Message, of call: ClientCall) throws(RPCError) -> Response {
    if call.compression != nil { shared.withLock { $0.lastWasCompressed = message.isCompressed } }
    return try call.decode(message, of: method)
  }

  var lastWasCompressed: Bool { shared.withLock { $0.lastWasCompressed } }
}

/// State shared by a call's senders and its readers.
// Not part of the generic class, whose layout would be looked up on each access.
private struct StreamingCallState {
  /// Made on first use.
  var call: ClientCall?
  var isReaderTaken = false
  var isFinished = false
  var lastWasCompressed = false
  /// The error that the reader received.
  var failure: RPCError?
}

extension RPCError {
  static var responsesAreNotRead: RPCError {
    RPCError(code: .cancelled, message: "the call's responses are no longer read")
  }
}
