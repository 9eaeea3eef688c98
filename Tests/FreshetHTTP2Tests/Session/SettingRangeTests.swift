// Invalid settings are rejected before anything is created with them.
import FreshetHTTP
import Testing

@testable import FreshetHTTP2

@Suite struct SettingRangeTests {
  private func error(_ change: (inout HTTP2Settings) -> Void) -> HTTP2Error? {
    var settings = HTTP2Settings()
    change(&settings)
    do throws(HTTP2Error) { try settings.validate() } catch { return error }
    return nil
  }

  @Test func `the defaults are allowed`() throws {
    try HTTP2Settings().validate()
    try FloodLimits().validate()
  }

  @Test func `a frame size error has the given value and the range`() {
    let found = error { $0.maxFrameBytes = 16_383 }
    #expect(found?.kind == .invalidSetting)
    #expect(found?.message == "http2.maxFrameBytes is 16383, but must be 16384 to 16777215")
    #expect(error { $0.maxFrameBytes = 16_777_216 }?.kind == .invalidSetting)
    #expect(error { $0.maxFrameBytes = 16_777_215 } == nil)
  }

  @Test func `windows are 1 to 2³¹ − 1`() {
    #expect(error { $0.streamWindowBytes = 0 }?.message == "http2.streamWindowBytes is 0, but must be 1 to 2147483647")
    #expect(error { $0.streamWindowBytes = 1 << 31 }?.kind == .invalidSetting)
    #expect(error { $0.connectionWindowBytes = 1 << 31 }?.kind == .invalidSetting)
    #expect(error { $0.streamWindowBytes = (1 << 31) - 1 } == nil)
  }

  @Test func `zero streams and zero headers are rejected`() {
    #expect(error { $0.maxConcurrentStreams = 0 }?.message == "http2.maxConcurrentStreams is 0, but must be at least 1")
    #expect(error { $0.maxHeaderListBytes = 0 }?.kind == .invalidSetting)
  }

  @Test(arguments: [0, -1, Int(Int32.max) + 1, .max])
  func `a limit of zero, or of more than 2³¹ − 1, is rejected`(_ given: Int) {
    let changes: [(String, (inout FloodLimits) -> Void)] = [
      ("frameBurst", { $0.frameBurst = given }), ("framesPerSecond", { $0.framesPerSecond = given }),
      ("resetBurst", { $0.resetBurst = given }), ("resetsPerSecond", { $0.resetsPerSecond = given }),
      ("maxContinuations", { $0.maxContinuations = given }), ("maxUntakenAnswers", { $0.maxUntakenAnswers = given }),
      ("maxHeaderListFactor", { $0.maxHeaderListFactor = given }),
    ]
    for (name, change) in changes {
      var limits = FloodLimits()
      change(&limits)
      do throws(HTTP2Error) {
        try limits.validate()
        Issue.record("\(name) was allowed")
      } catch {
        #expect(error.kind == .invalidSetting)
        #expect(error.message == "floods.\(name) is \(given), but must be 1 to 2147483647")
      }
    }
  }

  @Test func `no session is created with such settings`() throws {
    let owner = try Endpoint(.server)
    var settings = HTTP2Settings()
    settings.maxFrameBytes = 1
    do throws(HTTP2Error) {
      _ = try HTTP2Session(role: .server, settings: settings, delegate: owner)
      Issue.record("a session was made")
    } catch {
      #expect(error.kind == .invalidSetting)
    }
  }
}
