// One HTTP exchange as its carrier sees it: the base class that the transport's stream extends.

/// What a stream can contribute to the carrier's next frame.
public enum OutputAvailability {
  /// Nothing now; `resumeOutput` tells the carrier when that changes.
  case nothing
  /// This many bytes, and possibly more later.
  case bytes(Int)
  /// The last bytes (possibly none), together with the end of the stream.
  case last(Int)
  /// The last bytes, then these trailers, together with the end of the stream.
  case lastThenTrailers(Int, HeaderFields)
}

/// A request and its response, whatever carries them: an HTTP/2 stream or an HTTP/1.1 exchange. The carrier calls the
/// four `receive…` methods while it processes received bytes, and the two output methods while it produces output; none
/// of them may call back into the carrier.
///
/// Subclasses override what they need. An object stands for one stream and, after `renew`, for another; its carrier
/// does not retain it.
open class HTTPStream {
  /// State that the carrier records about a stream.
  private struct Notes {
    var id: Int32 = 0
    var state = StreamState.open
    var unreadBytes = 0
    var grownBytes = 0
    var outlivesAnswer = false
  }

  // Behind functions, because other modules would check each access to a stored property.
  @exclusivity(unchecked) private final var notes = Notes()

  public init() {}

  /// The stream's identifier; 0 until the carrier opens it.
  public final var id: Int32 { notes.id }

  public final var state: StreamState { notes.state }

  public final var isClosed: Bool { notes.state.isClosed }

  /// How many received bytes have not yet been returned to the peer's window.
  public final var unreadBytes: Int { notes.unreadBytes }

  /// Whether a server's stream stays open after a response that precedes the end of the request: the rest of the
  /// request is still validated, and the owner resets the stream if that takes too long. Otherwise the carrier resets
  /// it at once (S12).
  public final var outlivesAnswer: Bool {
    get { notes.outlivesAnswer }
    set { notes.outlivesAnswer = newValue }
  }

  /// Resets a closed stream to one that is not opened yet.
  public final func renew() {
    precondition(notes.state.isClosed, "stream \(id) is still \(state)")
    notes = Notes()
  }

  // MARK: For the carrier

  public final func open(as id: Int32) { notes.id = id }

  /// This side has sent END_STREAM.
  public final func noteEndSent() { notes.state.sendEndStream() }

  /// The peer has sent END_STREAM.
  public final func noteEndReceived() { notes.state.receiveEndStream() }

  /// The stream is over; the first reason is kept.
  public final func noteEnd(_ end: StreamEnd) { notes.state.close(end) }

  public final func addUnread(_ bytes: Int) { notes.unreadBytes += bytes }

  /// How far the stream's window has grown beyond its initial size.
  public final var grownBytes: Int { notes.grownBytes }

  public final func setGrown(_ bytes: Int) { notes.grownBytes = bytes }

  // MARK: From the carrier

  /// A header section arrived: the head of a request or response, an interim 1xx response, or trailers.
  /// - Parameters:
  ///   - section: usually the same object as last time, if the peer repeats its header section.
  ///   - valueApart: the value of the field that the carrier keeps apart from the section, if present; valid during the
  ///     call only.
  open func receiveHeaders(_ section: HeaderSection, valueApart: UnsafeRawBufferPointer?, endStream: Bool) {}

  /// Part of the body. It counts against the stream's window until it is returned.
  open func receiveData(_ bytes: UnsafeRawBufferPointer) {}

  /// The peer has ended its side; called after the headers or data with END_STREAM.
  open func receiveEndStream() {}

  /// The stream is closed and its identifier is no longer valid; called exactly once for a stream that was opened.
  open func receiveClose(_ end: StreamEnd) {}

  /// How much the stream can write now, at most `maxBytes`.
  open func availableOutput(maxBytes: Int) -> OutputAvailability { .last(0) }

  /// Writes exactly the `count` bytes that `availableOutput` has just promised.
  open func writeOutput(_ count: Int, to memory: UnsafeMutableRawPointer) {}
}
