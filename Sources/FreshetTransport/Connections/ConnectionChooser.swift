// A connection whose protocol is not known yet, where there are several.
import FreshetHTTP
import FreshetTLS
import NIOCore

/// At a server, determines the client's protocol (web.md W1, W2) from ALPN, or from the first bytes, and is replaced by a connection
/// of that protocol, which takes over the record layer and all bytes read. A port with one protocol does not use it.
final class ConnectionChooser: TransportConnection, RemovableChannelHandler {
  @exclusivity(unchecked) private var carriers: [Carrier] = []
  @exclusivity(unchecked) private var seen = ByteBuffer()
  @exclusivity(unchecked) private var isInputEnded = false

  convenience init(
    among carriers: [Carrier], executor: LoopExecutor, records: RecordLayer, configuration: ConnectionConfiguration,
    delegate: any ConnectionDelegate
  ) {
    self.init(executor: executor, records: records, configuration: configuration, delegate: delegate)
    self.carriers = carriers
  }

  // A client's is replaced as well, once TLS has agreed on a protocol; a server without ALPN speaks HTTP/1.1.

  override var awaitedGreeting: String { records.isPlain ? "first bytes" : "TLS handshake" }

  override var greetingLimit: (Duration, setting: String) {
    records.isPlain ? (configuration.headerTimeout, "headerTimeout") : super.greetingLimit
  }

  override var isQuiet: Bool { true }

  override func receive(_ bytes: UnsafeRawBufferPointer) { seen.writeBytes(bytes) }

  /// TLS, unlike a socket, may report the end in the same read as the handshake's last bytes; then the carrier decides.
  override func receivedEnd() -> Bool {
    isInputEnded = true
    return !records.isPlain
  }

  override func receivedAll() {
    guard state.phase.isReceiving, !records.isHandshaking else { return }
    if !records.isPlain {
      // If no supported protocol had been agreed on, the handshake would have failed.
      if let agreed = records.applicationProtocol { give(way: agreed) }
      return
    }
    switch seen.withUnsafeReadableBytes({ OpeningBytes($0) }) {
    case .undecided: break
    case .speaks(let name): give(way: name)
    case .tls: close(TransportError(.http2, "the peer speaks TLS, and the port does not"))
    }
  }

  private func give(way name: ApplicationProtocol) {
    // Otherwise the end follows.
    guard let context = state.context, let delegate = state.delegate, context.channel.isActive else { return }
    guard let carrier = carriers.first(where: { $0.name == name }) else {
      return close(TransportError(.http2, "\(peer) speaks \(name.rawValue), which is not served here"))
    }
    let connection: TransportConnection
    do {
      connection = try carrier.makeConnection(
        Carrier.Parts(executor: executor, records: records, configuration: configuration, delegate: delegate))
    } catch {
      return close(TransportError(error))
    }
    retire()
    do {
      try context.pipeline.syncOperations.addHandler(connection, position: .after(self))
    } catch {
      return connection.close(TransportError(error))
    }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
    connection.take(seen)
    if isInputEnded { connection.endOfPeer(mayRead: true) }
  }

  /// A draining server does not wait for connections that have not begun.
  override func drainAndClose() { close(TransportError(.closedByUs, "closed before the handshake was over")) }
}
