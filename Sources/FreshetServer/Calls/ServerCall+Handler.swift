// Runs the handler of a call: on its executor, within its interceptors and task-locals, and concludes the call.
import FreshetCore
import FreshetText
import FreshetTransport
import Logging
import NIOCore
import Synchronization

extension ServerCall {
  /// Called in a task of the loop, whose task-locals the pool's task inherits.
  @inline(never)  // inlined into `run`, it would cost each call an allocation
  private func startInGlobalPool() {
    state.task = Task {
      let thrown = self.isCancelled ? nil : await self.invoke()
      self.stream.handOverHeld()
      self.stream.executor.run { self.ended(thrown) }
    }
  }

  @inline(__always)
  func runHandler(in task: Task<Void, Never>) async {
    // The client has left, or the deadline has passed, while the call was queued.
    if isOver { return connection.taskEnded() }
    state.isInLine = false
    if state.runsInGlobalPool { return startInGlobalPool() }
    state.task = task
    let thrown = await invoke()
    stream.catchUp()  // messages sent by other tasks of the handler precede its end
    ended(thrown)
  }

  func noteHold(_ hold: Hold) {
    guard let route = head?.route else { return }
    if hold.time >= .milliseconds(100), route.pace.isFirstLongHold() {
      options.logger.warning(
        "a handler blocked its event loop; other calls waited for it",
        metadata: ["method": "\(method)", "time": "\(hold.time)", "remedy": "handlerExecution = .globalPool"])
    }
    guard route.handler.execution == .automatic, route.pace.hold(at: .now(), isCertain: hold.isCertain) else { return }
    options.logger.warning(
      "handlers of a method have blocked their event loop twice in a minute; from now on they run in the global pool",
      metadata: ["method": "\(method)", "time": "\(hold.time)", "setting": "handlerExecution = .automatic"])
  }

  /// - Returns: the error thrown by the handler.
  @inline(__always)  // saves a frame
  private func invoke() async -> (any Error)? {
    guard let route = head?.route else { return nil }
    let scope = deadline.map { DeadlineScope($0) }
    defer { scope?.end() }
    do {
      if let scope, route.interceptors.isEmpty {
        // Not through `intercepted`, which would add a frame and a switch between functions.
        try await Deadline.$scope.withValue(scope) { try await route.handler.invoke(ServerContext(call: self)) }
      } else if let scope {
        try await Deadline.$scope.withValue(scope) { try await self.intercepted(route) }
      } else if route.interceptors.isEmpty {
        try await route.handler.invoke(ServerContext(call: self))
      } else {
        try await intercepted(route)
      }
      return nil
    } catch {
      return error
    }
  }

  private func ended(_ thrown: (any Error)?) {
    handlerEnded(thrown)
    connection.taskEnded()
  }

  private func intercepted(_ route: Route) async throws {
    try await intercept(route, route.interceptors[...], ServerContext(call: self))
  }

  private func intercept(
    _ route: Route, _ interceptors: ArraySlice<any ServerInterceptor>, _ context: ServerContext
  ) async throws {
    guard let first = interceptors.first else { return try await handle(route, context) }
    try await first.intercept(context) { context in
      try await self.intercept(route, interceptors.dropFirst(), context)
    }
  }

  /// Runs the handler, whose outcome becomes the call's; if the call has ended before, interceptors get its reason,
  /// whatever the handler did when it was cancelled.
  private func handle(_ route: Route, _ context: ServerContext) async throws {
    let result: Result<Void, any Error>
    do {
      result = .success(try await route.handler.invoke(context))
    } catch {
      result = .failure(error)
    }
    if let end = shared.withLock({ $0.end }) { throw end }
    try result.get()
  }

  private func handlerEnded(_ thrown: (any Error)?) {
    state.task = nil
    switch thrown {
    case nil: conclude(.succeeded)
    case let error as RPCError where error.code == .ok:
      conclude(.answered(Status(code: .internal, message: "the handler threw the status OK"), .handler))
    case let error as RPCError: answer(error)
    case is CancellationError:
      conclude(.answered(Status(code: .cancelled, message: "the handler was cancelled"), .handler))
    case let error?:
      // The text of an unknown error may be confidential, so it is only logged (S13).
      log(.handlerFailed, reason: singleLine("\(error)"))
      conclude(.answered(Status(code: .unknown, message: "the handler failed"), .handler))
    }
  }

  /// A handler may throw the error of a call that it made itself: its code, message and details are passed on, but not
  /// the other server's trailers, nor internal addresses.
  private func answer(_ error: RPCError) {
    if isOver { return }  // the call's own end, which the handler did not catch
    var status = error.status
    if error.origin == .local, error.cause is TransportError {
      log(.callOfHandlerFailed, reason: "\(error)")
      status.message = "a call that the handler made has failed"
    }
    let metadata = error.origin == .local ? error.metadata : Metadata()
    conclude(.answered(status, .handler, details: error.details, metadata))
  }
}
