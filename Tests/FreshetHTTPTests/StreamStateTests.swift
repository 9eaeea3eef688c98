// The states of a stream by table.
import Testing

@testable import FreshetHTTP

@Suite struct StreamStateTests {
  private static let open = StreamState.open
  private static let local = StreamState.halfClosedLocal
  private static let remote = StreamState.halfClosedRemote
  private static let ended = StreamState.closed(.ended)
  private static let lost = StreamState.closed(.connectionLost)

  @Test(arguments: [(open, local), (local, local), (remote, ended), (ended, ended), (lost, lost)])
  func `END_STREAM of ours closes our half`(before: StreamState, after: StreamState) {
    var state = before
    state.sendEndStream()
    #expect(state == after)
  }

  @Test(arguments: [(open, remote), (local, ended), (remote, remote), (ended, ended), (lost, lost)])
  func `END_STREAM of the peer closes its half`(before: StreamState, after: StreamState) {
    var state = before
    state.receiveEndStream()
    #expect(state == after)
  }

  @Test(arguments: [
    StreamEnd.ended, .resetByPeer(.cancel), .resetByUs(.internalError), .unprocessed, .unsent, .leftOver,
    .connectionLost,
  ])
  func `the first reason of a close is kept`(end: StreamEnd) {
    for before in [Self.open, Self.local, Self.remote] {
      var state = before
      state.close(end)
      #expect(state == .closed(end))
      state.close(.resetByPeer(.protocolError))
      #expect(state == .closed(end))
    }
  }

  @Test(arguments: [
    (open, true, true, false), (local, true, false, false), (remote, false, true, false), (ended, false, false, true),
  ])
  func `halves are open until they are closed`(state: StreamState, remoteOpen: Bool, localOpen: Bool, isClosed: Bool) {
    #expect(state.isRemoteOpen == remoteOpen)
    #expect(state.isLocalOpen == localOpen)
    #expect(state.isClosed == isClosed)
  }
}
