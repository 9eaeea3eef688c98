// A listening socket that cannot accept says so, and does not try without end.
import FreshetHTTP2
import NIOCore
import NIOEmbedded
import NIOPosix
import TestSupport
import Testing

@testable import FreshetTransport

@Suite struct AcceptErrorsTests {
  private struct NoDescriptors: Error, CustomStringConvertible {
    var description: String { "no descriptors are left" }
  }

  @Test func `an error is told once until a connection was accepted`() throws {
    let told = EventLog<String>()
    let channel = EmbeddedChannel(), accepted = EmbeddedChannel()
    defer { for channel in [channel, accepted] { _ = try? channel.finish(acceptAlreadyClosed: true) } }
    try AcceptErrors.install(on: channel, .tcp(host: "127.0.0.1", port: 1)) { told.record("\($0)") }
    for _ in 0..<3 { channel.pipeline.fireErrorCaught(IOError(errnoCode: 24, reason: "accept")) }
    #expect(told.untaken.count == 1)
    try channel.writeInbound(accepted as any NIOCore.Channel)
    channel.pipeline.fireErrorCaught(IOError(errnoCode: 24, reason: "accept"))
    #expect(told.untaken.count == 2)
  }

  @Test func `the text names the address and the cause`() throws {
    let told = EventLog<TransportError>()
    let channel = EmbeddedChannel()
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    try AcceptErrors.install(on: channel, .tcp(host: "127.0.0.1", port: 4_711)) { told.record($0) }
    channel.pipeline.fireErrorCaught(NoDescriptors())
    #expect(throws: NoDescriptors.self) { try channel.throwIfErrorCaught() }
    let text = try #require(told.untaken.first).message
    #expect(text.contains("127.0.0.1:4711") && text.contains("no descriptors are left"), "\(text)")
  }

  @Test func `a listener's channel begins with both handlers`() async throws {
    let listener = try await Listener.bind(
      to: .tcp(host: "127.0.0.1", port: 0), group: MultiThreadedEventLoopGroup.singleton, tls: nil,
      configuration: ConnectionConfiguration(), makeDelegate: { _ in RecordingOwner() }, onFailure: { _ in })
    let channel = listener.channel
    let areThere = try await channel.eventLoop.submit {
      let pipeline = channel.pipeline.syncOperations
      return (try? pipeline.handler(type: AcceptErrors.self)) != nil
        && (try? pipeline.handler(type: AcceptBackoffHandler.self)) != nil
    }.get()
    await listener.close()
    #expect(areThere)
  }

  @Test func `a listener is not bound with settings that cannot be`() async throws {
    var configuration = ConnectionConfiguration()
    configuration.http2.maxFrameBytes = 100
    do throws(TransportError) {
      let listener = try await Listener.bind(
        to: .tcp(host: "127.0.0.1", port: 0), group: MultiThreadedEventLoopGroup.singleton, tls: nil,
        configuration: configuration, makeDelegate: { _ in RecordingOwner() }, onFailure: { _ in })
      await listener.close()
      Issue.record("a listener was bound")
    } catch {
      if case .invalidSetting = error.kind {} else { Issue.record("another kind: \(error.kind)") }
      #expect(error.message == "http2.maxFrameBytes is 100, but must be 16384 to 16777215")
    }
  }
}
