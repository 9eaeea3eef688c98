// The plan of one call, derived from one number and known to its client and its handler.
import Freshet

enum CallKind: String, CaseIterable { case unary, serverStreaming, clientStreaming, bidirectional }
enum CallTransport: String, CaseIterable { case h2c, tls, inProcess }

struct CallPlan: Sendable {
  /// Where a side's messages come from.
  enum Source: Sendable {
    /// A generator closure.
    case generator
    /// An ordinary `AsyncSequence`.
    case sequence
    /// `BidirectionalCall.send`.
    case sends
  }

  /// What a bidirectional handler does with the requests.
  enum Conversation: Sendable {
    /// Answers each request.
    case echoes
    /// Reads in a task parallel to the one that answers.
    case apart
    /// Answers after the last request.
    case readsFirst
  }

  let seed: UInt64
  let kind: CallKind
  let transport: CallTransport
  let execution: HandlerExecution
  /// The event loop of the call's channel.
  let channelLoop: Int
  /// Whether channel and server have interceptors.
  let isIntercepted: Bool
  /// Whether the call is the first on a new channel, which replaces the previous one.
  let renewsChannel: Bool

  let requestSizes: MessageSizes
  let responseSizes: MessageSizes
  let requestCount: Int
  let responseCount: Int
  private(set) var fate = Fate.ends

  /// Where the call is made.
  let caller: Place
  let requestSource: Source
  let sending: Turns
  /// Where `BidirectionalCall.finish` is called.
  let finishing: PlainPlace
  let reading: Reading
  /// A deadline that does not pass.
  let hasFarDeadline: Bool
  let hasMetadata: Bool
  let compressesRequests: Bool
  let interceptorWaits: Bool

  let conversation: Conversation
  let responseSource: Source
  /// Where a handler with a single response suspends before it answers.
  let handler: Place
  let answering: Turns
  let handlerReading: Reading
  let sendsHeadAlone: Bool
  let compressesResponses: Bool

  /// The lowest bit of `seed` selects a short unary call, as part of a burst.
  init(seed: UInt64) {
    self.seed = seed
    var dice = Dice(seed: seed)
    let isOfBurst = seed & 1 == 1
    kind = isOfBurst ? .unary : dice.pick(CallKind.allCases)
    transport = dice.pick(CallTransport.allCases)
    execution = dice.pick([.eventLoop, .globalPool])
    channelLoop = dice.loop()
    isIntercepted = dice.isOneIn(3)
    renewsChannel = dice.isOneIn(400)

    let modes = isOfBurst ? [MessageSizes.Mode.tiny] : [.tiny, .tiny, .tiny, .mixed, .mixed, .large]
    let mode = dice.pick(modes), isCompressible = dice.isOneIn(24) && mode == .tiny
    requestSizes = MessageSizes(mode: mode, seed: dice.number())
    responseSizes = MessageSizes(mode: dice.pick([mode, mode, dice.pick(modes)]), seed: dice.number())
    conversation = dice.pick([.echoes, .apart, .readsFirst])
    let bound = [.tiny: 128, .mixed: 32, .large: 8][mode] ?? 1
    let requests = dice.skewed(below: bound), responses = dice.skewed(below: bound)
    requestCount = [.clientStreaming, .bidirectional].contains(kind) ? requests : 1
    responseCount =
      switch kind {
      case .unary, .clientStreaming: 1
      case .serverStreaming: responses
      case .bidirectional: conversation == .echoes ? requests : responses
      }

    caller = dice.place()
    let sources = [Source.generator, .generator, .sequence]
    requestSource = kind == .bidirectional && dice.isOneIn(2) ? .sends : dice.pick(sources)
    sending = dice.turns()
    finishing = dice.plainPlace()
    reading = dice.reading()
    hasFarDeadline = dice.isOneIn(4)
    // The handler of a single request finds the plan in it if it is large enough.
    let needsMetadata = requestCount != 1 || requestSizes.bytes(of: 0) < MessagePattern.headerBytes
    let isStream = kind == .clientStreaming || kind == .bidirectional
    hasMetadata = needsMetadata || isStream || isIntercepted || dice.isOneIn(4)
    compressesRequests = isCompressible && dice.isOneIn(2)
    interceptorWaits = dice.isOneIn(2)

    responseSource = dice.pick(sources)
    handler = dice.isOneIn(2) ? .here : dice.place()
    answering = dice.turns()
    handlerReading = dice.reading()
    sendsHeadAlone = dice.isOneIn(16)
    compressesResponses = isCompressible
    fate = Fate.drawn(for: self, &dice)
  }

  var timeout: Duration? {
    if case .deadline(let timeout) = fate { return timeout }
    return hasFarDeadline ? .seconds(600) : nil
  }

  /// Whether its kind has a stream of responses.
  var answersStream: Bool { kind == .serverStreaming || kind == .bidirectional }

  /// How many responses the handler sends before it returns or throws.
  var sentResponses: Int { if case .handlerThrows(let count, _) = fate { count } else { responseCount } }

  /// Whether the handler answers each request as it arrives.
  var echoes: Bool { kind == .bidirectional && conversation == .echoes && readRequests == nil && fate.sendsAllRequests }

  /// How many requests the handler reads; nil if all.
  var readRequests: Int? { if case .handlerAnswersEarly(let count) = fate { count } else { nil } }
}
