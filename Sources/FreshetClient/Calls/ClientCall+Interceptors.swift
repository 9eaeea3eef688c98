// Runs a call's interceptors: before it is sent, and when its outcome is known.
import FreshetCore
import FreshetTransport
import NIOCore

extension ClientCall {
  func runInterceptors(before only: OnlyRequest?) async {
    var request = self.request
    var started = 0
    let outcome: Result<ByteBuffer?, RPCError>
    do {
      for interceptor in core.options.interceptors {
        try await interceptor.startCall(&request)
        started += 1
      }
      if case .encoded(let encoded) = only {
        outcome = .success(try frame(encoded, request.options))
      } else {
        outcome = .success(nil)
      }
    } catch {
      outcome = .failure(
        error as? RPCError
          ?? RPCError(code: .internal, message: "an interceptor refused the call: \(error)", cause: error))
    }
    stream.executor.run { [request, started] in self.interceptorsEnded(request, started: started, outcome) }
  }

  private func interceptorsEnded(
    _ changed: ClientCallRequest, started: Int, _ outcome: Result<ByteBuffer?, RPCError>
  ) {
    mutable.interceptors.startsEnded(started)
    switch outcome {
    case .success(let frame): proceed(changed, frame)
    case .failure(let error): finish(error)
    }
    tellInterceptors()
  }

  private func proceed(_ changed: ClientCallRequest, _ frame: ByteBuffer?) {
    guard mutable.state == .buffering else { return }  // the call was cancelled meanwhile
    if let frame { enqueue(frame) }
    let timeout = changed.options.timeout
    if let timeout, timeout != mutable.request.options.timeout {
      mutable.deadline = CallDeadline(
        timeout: timeout, inherited: mutable.deadline?.deadline, now: stream.executor.time)
      setTimer()
    }
    mutable.request = changed
    stream.limitMessages(to: maxReceiveMessageBytes)
    connect()
  }

  /// The call has ended.
  func interceptorsSee(_ error: RPCError?) {
    mutable.interceptors.callEnded(error)
    tellInterceptors()
  }

  private func tellInterceptors() {
    guard case .tell(let count, let error) = mutable.interceptors.takeEnd() else { return }
    for interceptor in core.options.interceptors.prefix(count).reversed() { interceptor.endCall(request, error: error) }
  }
}
