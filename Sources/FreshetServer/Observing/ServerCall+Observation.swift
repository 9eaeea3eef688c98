// Reports a call to its server's observers.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import NIOCore

extension ServerCall {
  /// The head of a call was received.
  func beginObservation(by observers: [any ServerObserver], _ head: RequestHead) {
    observe(by: observers, ObservedCall(self, method: head.route.handler.path, isKnownMethod: true, isRefused: false))
  }

  /// A head was received that does not start a call.
  func beginObservation(by observers: [any ServerObserver], refused section: HeaderSection) {
    let path = section.fields.first(":path") ?? ""
    let isKnown = Array(path.utf8).withUnsafeBytes { options.router.find($0) } != nil
    pretend(path, options.defaultWire.metadata(in: section.fields), nil)
    observe(by: observers, ObservedCall(self, method: path, isKnownMethod: isKnown, isRefused: true))
  }

  private func observe(by observers: [any ServerObserver], _ call: ObservedCall) {
    if let made = ServerCallObservation.of(call, observers, at: stream.executor.time) { rare.state.observation = made }
  }

  // The handler may run on another thread, so events have to be passed to the loop.

  func note(request message: MessageDeframer.Message, _ observation: ServerCallObservation) {
    note(request: ObservedMessage(message), observation)
  }

  func note(request message: ObservedMessage, _ observation: ServerCallObservation) {
    observation.count(request: message)
    if observation.observesMessages { stream.executor.run { observation.requestReceived(message) } }
  }

  func note(responseOf bytes: Int, isCompressed: Bool, _ observation: ServerCallObservation) {
    let message = ObservedMessage(bytes: bytes, isCompressed: isCompressed)
    observation.count(response: message)
    if observation.observesMessages { stream.executor.run { observation.responseSent(message) } }
  }
}
