// Plays a client's frames against a server.

extension HTTP2Case {
  /// Sends the frames, and waits for the outcome.
  /// - Parameter peer: after the server's SETTINGS have been acknowledged.
  /// - Throws: `PeerFailure` for another outcome; `MissedEvent` if none comes.
  public func play(on peer: FramePeer) async throws {
    peer.send(.settingsAck)
    peer.send(bytes: bytes)
    if case .data = outcome {
    } else if !then.isEmpty {
      while try await !peer.next().isEndStream {}
      peer.send(bytes: then)
    }
    switch outcome {
    case .connectionError(let codes): try await expectGoaway(peer, codes)
    case .streamError(let codes): try await expectReset(peer, codes)
    case .answer: try await expectAnswer(peer)
    case .life:
      let frames = try await peer.roundTrip() + peer.roundTrip()
      if frames.contains(where: { $0.kind == .goaway || $0.kind == .reset && $0.number() != 0 }) {
        throw PeerFailure(description: "\(name): \(frames)")
      }
    case .lifeOrEnd:
      do { try await peer.roundTrip() } catch is MissedEvent { try await peer.waitUntilClosed() }
    case .data(let lengths):
      for length in lengths {
        let count = try await peer.next(.data, on: 1).payload.count
        if count != length { throw PeerFailure(description: "\(name): DATA of \(count) bytes, not \(length)") }
        if length == lengths.first { peer.send(bytes: then) }
      }
    case .settingsAck: _ = try await peer.frames { $0.kind == .settings && $0.isAck }
    }
  }

  private func check(_ code: UInt32, _ codes: Set<UInt32>, in frame: String) throws {
    if !codes.contains(code) { throw PeerFailure(description: "\(name): \(frame) with \(code), not \(codes)") }
  }

  private func expectGoaway(_ peer: FramePeer, _ codes: Set<UInt32>) async throws {
    try check(try await peer.next(.goaway).number(at: 4), codes, in: "GOAWAY")
    try await peer.waitUntilClosed()
  }

  private func expectReset(_ peer: FramePeer, _ codes: Set<UInt32>) async throws {
    while true {
      let frame = try await peer.next()
      switch frame.kind {
      case .goaway: return try check(frame.number(at: 4), codes, in: "GOAWAY")
      case .reset: return try check(frame.number(), codes, in: "RST_STREAM")
      default: break
      }
    }
  }

  private func expectAnswer(_ peer: FramePeer) async throws {
    var frames: [Frame] = []
    while frames.last?.isEndStream != true {
      let frame = try await peer.next()
      if frame.streamID == 1 { frames.append(frame) }
      if frame.kind == .reset || frame.kind == .goaway { break }
    }
    guard frames.first?.kind == .headers, frames.first?[":status"] != nil, frames.last?.isEndStream == true else {
      throw PeerFailure(description: "\(name): \(frames)")
    }
  }
}
