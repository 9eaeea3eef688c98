// How a call should end, and which outcomes are correct.
import Freshet
import NIOCore

enum Fate: Sendable {
  /// With OK, without interference.
  case ends
  /// It is cancelled.
  case cancelled(Cancellation)
  case deadline(Duration)
  /// The handler throws after this many responses.
  case handlerThrows(after: Int, Status.Code)
  /// The handler answers after reading this many requests.
  case handlerAnswersEarly(reads: Int)
  /// The reader drops its iterator.
  case readerLeaves(after: Int)
  case interceptorThrows
  /// Another task finishes the call while requests are still being sent.
  case finishRaces(Delay)
  /// The generator's closure returns after this many yields of a child task that keeps running.
  case bodyLeaves(after: Int)

  enum Cancellation: Sendable {
    case task(Delay)
    case call(Delay, PlainPlace)
    /// By the reading task itself, after this many responses.
    case reader(after: Int)
  }

  /// The time before an interference.
  enum Delay: Sendable {
    case yields(Int)
    case microseconds(Int)

    func wait() async {
      switch self {
      case .yields(let count): for _ in 0..<count { await Task.yield() }
      case .microseconds(let count): await rest(.microseconds(Int64(count)))
      }
    }
  }

  static let interceptorsError = RPCError(code: .failedPrecondition, message: "as the interceptor's plan says")
  static let handlersMessage = "as the handler's plan says"

  static func drawn(for plan: CallPlan, _ dice: inout Dice) -> Fate {
    let roll = dice.below(100)
    let delay = dice.pick([Delay.yields(0), .yields(dice.below(200)), .microseconds(dice.skewed(below: 4_000))])
    let answers = plan.kind == .serverStreaming || plan.kind == .bidirectional
    let asks = plan.kind == .clientStreaming || plan.kind == .bidirectional
    let responses = dice.below(plan.responseCount + 1), requests = dice.below(plan.requestCount + 1)
    let isSent = if case .sends = plan.requestSource { true } else { false }
    let isGenerated = if case .generator = plan.responseSource { true } else { false }
    switch roll {
    case 0..<4: return .cancelled(.task(delay))
    case 4..<7 where isSent: return .cancelled(.call(delay, dice.plainPlace()))
    case 7..<10 where answers: return .cancelled(.reader(after: responses))
    case 10..<16: return .deadline(.microseconds(dice.skewed(below: 30_000)))
    case 16..<21: return .handlerThrows(after: answers ? responses : 0, dice.pick([.notFound, .aborted, .dataLoss]))
    case 21..<25 where asks: return .handlerAnswersEarly(reads: requests)
    case 25..<28 where answers: return .readerLeaves(after: responses)
    case 28..<30 where plan.isIntercepted: return .interceptorThrows
    case 30..<40 where isSent: return .finishRaces(delay)
    case 40..<46 where isGenerated && plan.kind == .serverStreaming: return .bodyLeaves(after: responses)
    default: return .ends
    }
  }

  /// Whether the call may end while its handler runs, so that reads and yields of the handler fail.
  var mayEndHandler: Bool {
    switch self {
    case .ends, .handlerThrows, .handlerAnswersEarly, .interceptorThrows, .bodyLeaves: false
    case .cancelled, .deadline, .readerLeaves, .finishRaces: true
    }
  }

  /// Whether a handler that has read to the end has read all planned requests.
  var sendsAllRequests: Bool { if case .finishRaces = self { false } else { true } }

  /// Whether the caller may see this error as the call's end.
  func allows(_ error: RPCError) -> Bool {
    switch self {
    case .ends, .handlerAnswersEarly, .readerLeaves: false
    case .cancelled: error.code == .cancelled
    case .deadline: error.code == .deadlineExceeded
    case .handlerThrows(_, let code):
      error.code == code && error.message == Self.handlersMessage && error.origin == .peer
    case .interceptorThrows:
      error.code == Self.interceptorsError.code && error.message == Self.interceptorsError.message
    case .finishRaces: error.code == .internal && error.message.contains("after the end")
    case .bodyLeaves: error.code == .internal
    }
  }

  /// Whether the call may end with OK.
  var allowsOK: Bool {
    switch self {
    case .ends, .cancelled, .deadline, .handlerAnswersEarly, .finishRaces, .bodyLeaves, .readerLeaves: true
    case .handlerThrows, .interceptorThrows: false
    }
  }

  /// Whether the producer of requests, or a `send`, may see this error.
  func allowsSender(_ error: any Error) -> Bool {
    if case .ends = self { return false }
    guard let error = error as? RPCError else {
      return error is CancellationError || error is SendError || error is TurnCounter.Stopped
    }
    // The error that ended the call, or that of a call already over.
    return error.code == .cancelled || allows(error)
  }
}
