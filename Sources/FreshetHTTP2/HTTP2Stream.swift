// One stream as its session sees it: the base class that the transport's stream extends.

/// What a stream can give to the next DATA frame.
public enum OutputAvailability {
  /// Nothing now; `HTTP2Session.resumeOutput` says when there is.
  case nothing
  /// This many bytes, and perhaps more later.
  case bytes(Int)
  /// The last bytes (none is fine); END_STREAM goes with them.
  case last(Int)
  /// The last bytes; then these trailers, with END_STREAM.
  case lastThenTrailers(Int, HeaderFields)
}

/// A stream of an `HTTP2Session`. The session calls the `receive…` methods while it works through received bytes, and
/// the two output methods while it makes frames; none of them may call `HTTP2Session.receive` or `writePending` again.
///
/// Subclasses override what they need. An object stands for one stream and, after `renew`, for another; its session does
/// not retain it.
open class HTTP2Stream {
  /// The stream identifier; 0 until the session opened it.
  @exclusivity(unchecked) public internal(set) final var id: Int32 = 0
  @exclusivity(unchecked) public internal(set) final var state = StreamState.open
  @exclusivity(unchecked) final var ungivenBytes = 0
  /// How far the window has grown.
  @exclusivity(unchecked) final var grownBytes = 0

  /// Whether a server's stream outlives an answer that comes before the peer's END_STREAM: the rest of the request is
  /// judged still, and the owner resets the stream when that takes too long. Otherwise the session does at once (S12).
  @exclusivity(unchecked) public final var outlivesAnswer = false

  // Functions, because other modules would check an access to the stored properties.

  public final var isClosed: Bool { state.isClosed }

  /// How many bytes of the peer were not yet given back to its window.
  public final var unreadBytes: Int { ungivenBytes }

  public init() {}

  /// The connection is gone, and with it the session, which would else have said how the stream ends.
  public final func closeWithConnection(_ end: StreamEnd) {
    if !state.isClosed { state.close(end) }
  }

  /// Makes a stream that was closed one that was not opened yet.
  public final func renew() {
    precondition(state.isClosed, "stream \(id) is still \(state)")
    id = 0
    state = .open
    ungivenBytes = 0
    outlivesAnswer = false
    grownBytes = 0
  }

  /// A header section came: the head of a request or response, an interim 1xx response, or trailers.
  /// - Parameters:
  ///   - section: most often the object of the last time, if the peer has repeated what it said then.
  ///   - valueApart: the value of the session's `fieldApart`, if it came; good for the call alone.
  open func receiveHeaders(_ section: HeaderSection, valueApart: UnsafeRawBufferPointer?, endStream: Bool) {}

  /// A part of a DATA frame's payload. It counts against the stream's window until `HTTP2Session.giveBack`.
  open func receiveData(_ bytes: UnsafeRawBufferPointer) {}

  /// The peer has said END_STREAM; called after the headers or data that carried it.
  open func receiveEndStream() {}

  /// The stream is over and its identifier means nothing any more; called exactly once for a stream that was opened.
  open func receiveClose(_ end: StreamEnd) {}

  /// How much the stream could write now, at most `maxBytes`.
  open func availableOutput(maxBytes: Int) -> OutputAvailability { .last(0) }

  /// Writes exactly `count` bytes, which `availableOutput` has just promised.
  open func writeOutput(_ count: Int, to memory: UnsafeMutableRawPointer) {}
}
