// Reports a call to its server's observers.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import NIOCore

extension ServerCall {
  /// The head of a call was received.
  func beginObservation(by observers: ServerObservers, _ head: RequestHead) {
    observe(by: observers, ObservedCall(self, method: head.route.handler.path, isKnownMethod: true, isRefused: false))
  }

  /// A head was received that does not start a call.
  func beginObservation(by observers: ServerObservers, refused section: HeaderSection) {
    let path = section.fields.first(":path") ?? ""
    let isKnown = Array(path.utf8).withUnsafeBytes { options.router.find($0) } != nil
    pretend(path, options.wire(of: section).metadata(in: section.fields), nil)
    observe(by: observers, ObservedCall(self, method: path, isKnownMethod: isKnown, isRefused: true))
  }

  private func observe(by observers: ServerObservers, _ call: ObservedCall) {
    let observation = CallObservation(observers, call, at: stream.executor.time)
    rare.observation = observation
    observation.tellBegin()
  }

  // The handler may run on another thread, so events have to be passed to the loop.

  func note(request message: MessageDeframer.Message, _ observation: CallObservation) {
    let message = ObservedMessage(bytes: message.payload.readableBytes, isCompressed: message.isCompressed)
    observation.count(request: message)
    if observation.seesMessages { stream.executor.run { observation.tell(request: message) } }
  }

  func note(responseOf bytes: Int, isCompressed: Bool, _ observation: CallObservation) {
    let message = ObservedMessage(bytes: bytes, isCompressed: isCompressed)
    observation.count(response: message)
    if observation.seesMessages { stream.executor.run { observation.tell(response: message) } }
  }
}
