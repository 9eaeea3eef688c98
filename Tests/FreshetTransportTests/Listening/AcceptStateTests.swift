// When a listener retries, opens a new socket, or gives up.
import NIOCore
import NIOPosix
import Testing

@testable import FreshetTransport

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

@Suite struct AcceptStateTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000)

  private func retries(_ faults: [AcceptFault]) -> [AcceptState.Retry?] {
    var state = AcceptState.accepting
    return faults.map { fault in
      switch state.failed(fault, now: start) {
      case .retry(let retry): retry
      case .giveUp: nil
      }
    }
  }

  /// accept(2): “the following errors … should be treated like EAGAIN by retrying”, and those of firewalls and protocols.
  @Test(arguments: [
    ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ECONNABORTED, EINTR, EAGAIN, EPERM,
    ETIMEDOUT, ESOCKTNOSUPPORT, EPROTONOSUPPORT, EIO,
  ])
  func `an error of a connection only costs that connection`(code: CInt) {
    #expect(AcceptFault(IOError(errnoCode: code, reason: "accept")) == .connection)
  }

  @Test func `descriptors and memory are the process's fault, a socket that does not listen is lost`() {
    for code in [EMFILE, ENFILE, ENOBUFS, ENOMEM] {
      #expect(AcceptFault(IOError(errnoCode: code, reason: "accept")) == .resources)
    }
    for code in [EINVAL, EBADF, ENOTSOCK] {
      #expect(AcceptFault(IOError(errnoCode: code, reason: "accept")) == .socket)
    }
    #expect(AcceptFault(ChannelError.eof) == .connection)
  }

  @Test func `without descriptors it waits at once, twice as long each time, up to a second`() {
    let pauses = retries(Array(repeating: .resources, count: 100)).map { $0?.pause }
    let expected = [10, 20, 40, 80, 160, 320, 640, 1_000].map { TimeAmount.milliseconds($0) }
    #expect(pauses.prefix(8).elementsEqual(expected))
    #expect(pauses.dropFirst(8).allSatisfy { $0 == .seconds(1) })
  }

  @Test func `single failed connections cause no pause, many in a row do`() {
    let retries = retries(Array(repeating: .connection, count: 40))
    #expect(retries.prefix(16).allSatisfy { $0 == AcceptState.Retry(pause: .zero, isTold: false) })
    #expect(retries[16] == AcceptState.Retry(pause: .milliseconds(10), isTold: true))
    #expect(retries.last == AcceptState.Retry(pause: .seconds(1), isTold: false))
    #expect(retries.filter { $0?.isTold == true }.count == 1)
  }

  @Test func `a lost socket is replaced, up to five times until something is accepted`() {
    let retries = retries(Array(repeating: .socket, count: 6))
    #expect(retries.map { $0?.opensSocket } == [true, true, true, true, true, nil])
    #expect(retries.map { $0?.pause } == [0, 10, 20, 40, 80].map { .milliseconds($0) } + [nil])
    #expect(retries.map { $0?.isTold } == [true, false, false, false, false, nil])
  }

  @Test func `a connection ends the streak, and quiet time after it the episode`() {
    var state = AcceptState.accepting
    let first = AcceptState.Retry(pause: .milliseconds(10), isTold: true)
    let again = AcceptState.Retry(pause: .milliseconds(10), isTold: false)
    #expect(state.accepted() == .ignore)
    #expect(state.quietTimeHasPassed(now: start) == .ignore)
    #expect(state.failed(.resources, now: start) == .retry(first))
    _ = state.failed(.resources, now: start + .seconds(1))
    #expect(state.quietTimeHasPassed(now: start + .seconds(1)) == .ignore)
    #expect(state.accepted() == .watch)
    #expect(state.accepted() == .ignore)
    #expect(state.failed(.resources, now: start + .seconds(2)) == .retry(again))
    #expect(state.accepted() == .watch)
    #expect(state.quietTimeHasPassed(now: start + .seconds(7)) == .tell(failures: 3, after: .seconds(7)))
    #expect(state.quietTimeHasPassed(now: start + .seconds(8)) == .ignore)
    #expect(state.failed(.resources, now: start + .seconds(9)) == .retry(first))
  }

  @Test func `an accepted connection resets the count of lost sockets`() {
    var state = AcceptState.accepting
    for _ in 0..<10 {
      for _ in 0..<AcceptState.maxLostSockets { #expect(state.failed(.socket, now: start) != .giveUp) }
      _ = state.accepted()
    }
  }

  @Test func `the end of an unreported episode is not reported`() {
    var state = AcceptState.accepting
    _ = state.failed(.connection, now: start)
    _ = state.accepted()
    #expect(state.quietTimeHasPassed(now: start) == .ignore)
  }
}
