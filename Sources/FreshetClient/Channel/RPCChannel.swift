// A channel to one target, on which clients make their calls.
public import FreshetCore
import FreshetStreams
public import FreshetTLS
package import FreshetTransport
import NIOCore

/// Connects to a target on first use, and reconnects when the connection is lost, with gRPC's back-off. Nothing has to
/// be run for it. Generated clients are made on a channel; many may share one.
///
/// Targets: `dns:///host:port` (also without the scheme), `ipv4:1.2.3.4:port,…`, `ipv6:[::1]:port,…`, `unix:/path`. All
/// addresses of a name are tried. Calls on a channel with an unusable target, TLS configuration or setting fail with
/// FAILED_PRECONDITION, and the error's cause says why: such a channel will never connect. `init(validating:)` throws
/// that at once.
///
/// When the last reference is released, the channel closes after its running calls have ended.
public final class RPCChannel: Sendable {
  let core: ChannelCore

  /// - Parameter tls: nil speaks plaintext HTTP/2 by prior knowledge.
  public convenience init(
    _ target: String, tls: TLSConfiguration? = nil, interceptors: [any ClientInterceptor] = [],
    configuration: ChannelConfiguration = ChannelConfiguration()
  ) {
    let options = ChannelOptions(target: target, tls: tls, interceptors: interceptors, configuration: configuration)
    self.init(ChannelCore(options, on: LoopExecutor.of(configuration.eventLoopGroup.next())))
  }

  /// A channel whose settings were validated, as far as that is possible before it connects.
  /// - Throws: FAILED_PRECONDITION when the target cannot be parsed, a file of the TLS configuration is missing, a key
  ///   belongs to another certificate, or a setting is out of range; the error's cause says which.
  public convenience init(
    validating target: String, tls: TLSConfiguration? = nil, interceptors: [any ClientInterceptor] = [],
    configuration: ChannelConfiguration = ChannelConfiguration()
  ) throws(RPCError) {
    self.init(target, tls: tls, interceptors: interceptors, configuration: configuration)
    if case .failure(let error) = core.options.connector { throw error }
  }

  /// A channel over connections made in another way, such as socket pairs; optionally with other endpoints and another
  /// policy.
  package convenience init(
    connector: any Connector, authority: String = "localhost", interceptors: [any ClientInterceptor] = [],
    configuration: ChannelConfiguration = ChannelConfiguration(), resolver: ResolverFactory? = nil,
    policy: @escaping LoadBalancerFactory = { PickFirst($0) }
  ) {
    let options = ChannelOptions(
      connector: .success(connector), authority: authority, scheme: "http", interceptors: interceptors,
      configuration: configuration, makeResolver: resolver, makePolicy: policy)
    self.init(ChannelCore(options, on: LoopExecutor.of(configuration.eventLoopGroup.next())))
  }

  init(_ core: ChannelCore) { self.core = core }

  /// The channel's event loop, as an executor for tasks that do little but make calls.
  ///
  /// ```swift
  /// try await withTaskExecutorPreference(channel.executor) {
  ///   for request in requests { _ = try await echo.get(request) }
  /// }
  /// ```
  ///
  /// A task that prefers it makes its calls and receives messages without changing threads, which saves a sixth of the
  /// time of a short call. All calls of the channel run on this one thread: a task that computes for long, or blocks,
  /// stalls them all.
  public var executor: any TaskExecutor { core.executor }

  deinit {
    if core.executor.isShutDown { return }  // and so are all connections
    core.executor.run { [core] in core.shutDown(grace: nil) }
  }

  /// Refuses new calls with UNAVAILABLE, lets running ones continue for up to `grace`, then ends them with UNAVAILABLE.
  /// Returns when all connections are closed, or at once when the task is cancelled, while the shutdown continues.
  public func shutdown(grace: Duration = .seconds(5)) async {
    if core.executor.isShutDown { return }
    core.executor.run { [core] in core.shutDown(grace: grace) }
    await core.waitUntilClosed()
  }

  /// Connects unless there is a connection, and returns when calls can be made, so that their deadlines exclude the
  /// handshake. Returns early when the task is cancelled.
  /// - Throws: the error of a call that does not wait for the channel to be ready.
  package func connect() async throws(RPCError) {
    let outcome = OneShot<Result<Void, RPCError>>()
    core.executor.run { [core] in core.connect { outcome.set($0) } }
    try await outcome.wait()?.get()
  }

  // MARK: The four kinds of call

  /// One request, one response.
  /// - Throws: the server's status if it is not OK, or the reason why there is none.
  public func unary<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> FreshetClient.Response<Response> {
    let call = ClientCall(core, method, options, hasProducer: false)
    let only: OnlyRequest
    do throws(RPCError) {
      only = try OnlyRequest(request, method, options, of: call)
    } catch {
      call.endUnstarted(error)
      throw error
    }
    return try await single(call, method, only, producer: nil)
  }

  /// Sends bytes that need not be a message; for tests.
  func unary<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, framed frame: ByteBuffer, options: CallOptions
  ) async throws(RPCError) -> FreshetClient.Response<Response> {
    try await single(ClientCall(core, method, options, hasProducer: false), method, .framed(frame), producer: nil)
  }

  /// A sequence of requests, one response.
  /// - Throws: as for `unary`; an error thrown by the sequence, unchanged, which cancels the call.
  public func clientStreaming<Request, Response, Requests: AsyncSequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ requests: Requests, options: CallOptions = CallOptions()
  ) async throws -> FreshetClient.Response<Response> where Requests.Element == Request {
    let call = ClientCall(core, method, options, hasProducer: true)
    do throws(RPCError) {
      return try await clientStreaming(call, method, requests)
    } catch {
      throw call.requestsFailure ?? error
    }
  }

  /// A sequence of requests that cannot fail, one response.
  /// - Throws: as for `unary`.
  public func clientStreaming<Request, Response, Requests: AsyncSequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ requests: Requests, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> FreshetClient.Response<Response>
  where Requests.Element == Request, Requests.Failure == Never {
    try await clientStreaming(ClientCall(core, method, options, hasProducer: true), method, requests)
  }

  /// A synchronous sequence of requests, such as an array, one response.
  /// - Throws: as for `unary`.
  public func clientStreaming<Request, Response, Requests: Sequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ requests: Requests, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> FreshetClient.Response<Response> where Requests.Element == Request {
    let call = ClientCall(core, method, options, hasProducer: true)
    let producer = Task(executorPreference: core.executor) { await call.sendEach(requests, of: method) }
    return try await single(call, method, nil, producer: producer)
  }

  private func clientStreaming<Request, Response, Requests: AsyncSequence & Sendable>(
    _ call: ClientCall, _ method: MethodDescriptor<Request, Response>, _ requests: Requests
  ) async throws(RPCError) -> FreshetClient.Response<Response> where Requests.Element == Request {
    // Owned by the call, which cancels it when it ends.
    let producer = Task(executorPreference: core.executor) { await call.sendAll(requests, of: method) }
    return try await single(call, method, nil, producer: producer)
  }

  /// One request, a sequence of responses.
  public func serverStreaming<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, _ request: Request, options: CallOptions = CallOptions()
  ) -> ResponseStream<Response> {
    ResponseStream(source: StreamingCall(core, of: self, method, options, .only(request)))
  }

  /// Two sequences, independent of each other. The requests are read as the server accepts them, from the start of the
  /// call. An error that they throw ends the responses: an `RPCError` as it is, any other error as the cause of one
  /// that is `unknown`.
  public func bidirectional<Request, Response, Requests: AsyncSequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ requests: Requests, options: CallOptions = CallOptions()
  ) -> ResponseStream<Response> where Requests.Element == Request {
    ResponseStream(
      source: StreamingCall(
        core, of: self, method, options,
        .produced { call in await call.sendAll(requests, of: method) }))
  }

  /// A synchronous sequence of requests, such as an array, and a sequence of responses, independent of each other.
  public func bidirectional<Request, Response, Requests: Sequence & Sendable>(
    _ method: MethodDescriptor<Request, Response>, _ requests: Requests, options: CallOptions = CallOptions()
  ) -> ResponseStream<Response> where Requests.Element == Request {
    ResponseStream(
      source: StreamingCall(
        core, of: self, method, options,
        .produced { call in await call.sendEach(requests, of: method) }))
  }

  /// Requests one by one, a sequence of responses.
  public func bidirectional<Request, Response>(
    _ method: MethodDescriptor<Request, Response>, options: CallOptions = CallOptions()
  ) -> BidirectionalCall<Request, Response> {
    BidirectionalCall(call: StreamingCall(core, of: self, method, options, .sent))
  }

  @inline(__always)  // an async call of its own would cost more than the shared code
  private func single<Request, Response>(
    _ call: ClientCall, _ method: MethodDescriptor<Request, Response>, _ only: OnlyRequest?,
    producer: Task<Void, Never>?
  ) async throws(RPCError) -> FreshetClient.Response<Response> {
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        call.start(.single(SingleResponse(continuation)), only: only, producer: producer)
      }
    } onCancel: {
      call.cancel(.callWasCancelled)
    }
    let parts = try result.get()
    return FreshetClient.Response(
      message: try call.decode(parts.message, of: method), metadata: parts.metadata, trailers: parts.trailers,
      wasCompressed: parts.message.isCompressed)
  }
}
