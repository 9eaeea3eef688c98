// The four kinds of method, whose handlers follow the plans of their calls.
import Freshet
import NIOCore

struct StressService: RPCService {
  typealias Method = MethodDescriptor<ByteBuffer, ByteBuffer>

  let execution: HandlerExecution
  let running: Running

  var handlerExecution: HandlerExecution? { execution }

  /// The methods of one service; streams of responses come from a generator or from another sequence.
  struct Methods: Sendable {
    let unary, clientStreaming, serverGenerator, serverSequence, bidirectionalGenerator, bidirectionalSequence: Method

    init(_ execution: HandlerExecution) {
      func method(_ name: String, _ kind: MethodKind) -> Method {
        Method(
          service: "stress.\(execution)", method: name, kind: kind, requestCodec: BytesCodec(),
          responseCodec: BytesCodec())
      }
      unary = method("Unary", .unary)
      clientStreaming = method("ClientStreaming", .clientStreaming)
      serverGenerator = method("ServerGenerator", .serverStreaming)
      serverSequence = method("ServerSequence", .serverStreaming)
      bidirectionalGenerator = method("BidirectionalGenerator", .bidirectional)
      bidirectionalSequence = method("BidirectionalSequence", .bidirectional)
    }

    static let onLoop = Methods(.eventLoop), inPool = Methods(.globalPool)

    static func of(_ plan: CallPlan) -> Methods { plan.execution == .eventLoop ? onLoop : inPool }

    func serverStreaming(_ plan: CallPlan) -> Method {
      if case .generator = plan.responseSource { serverGenerator } else { serverSequence }
    }

    func bidirectional(_ plan: CallPlan) -> Method {
      if case .generator = plan.responseSource { bidirectionalGenerator } else { bidirectionalSequence }
    }
  }

  var methodHandlers: [MethodHandler] {
    let methods = execution == .eventLoop ? Methods.onLoop : Methods.inPool
    return [
      .unary(methods.unary) { request, context in
        try await Handling(context, running, request: request).answerOnce()
      },
      .clientStreaming(methods.clientStreaming) { requests, context in
        try await Handling(context, running, requests: requests).answerOnce()
      },
      .serverStreaming(methods.serverGenerator) { request, context in
        try await Handling(context, running, request: request).generator()
      },
      .serverStreaming(methods.serverSequence) { request, context in
        try await Handling(context, running, request: request).sequence()
      },
      .bidirectional(methods.bidirectionalGenerator) { requests, context in
        try await Handling(context, running, requests: requests).generator()
      },
      .bidirectional(methods.bidirectionalSequence) { requests, context in
        try await Handling(context, running, requests: requests).sequence()
      },
    ]
  }
}
