// One HTTP exchange as its carrier sees it: the base class that the transport's stream extends.

/// What a stream can give to the carrier's next frame.
public enum OutputAvailability {
  /// Nothing now; the carrier's `resumeOutput` says when there is.
  case nothing
  /// This many bytes, and perhaps more later.
  case bytes(Int)
  /// The last bytes (none is fine); the stream's end goes with them.
  case last(Int)
  /// The last bytes; then these trailers, with the stream's end.
  case lastThenTrailers(Int, HeaderFields)
}

/// A request and its answer, whatever carries it: a stream of HTTP/2, or an exchange of HTTP/1.1. The carrier calls the
/// four `receive…` methods while it works through received bytes, and the two output methods while it makes output; none of
/// them may enter the carrier again.
///
/// Subclasses override what they need. An object stands for one stream and, after `renew`, for another; its carrier does
/// not retain it.
open class HTTPStream {
  /// What the carrier notes down of a stream.
  private struct Notes {
    var id: Int32 = 0
    var state = StreamState.open
    var unreadBytes = 0
    var grownBytes = 0
    var outlivesAnswer = false
  }

  // Behind functions, because other modules would check an access to a stored property.
  @exclusivity(unchecked) private final var notes = Notes()

  public init() {}

  /// The stream's identifier; 0 until the carrier opened it.
  public final var id: Int32 { notes.id }

  public final var state: StreamState { notes.state }

  public final var isClosed: Bool { notes.state.isClosed }

  /// How many bytes of the peer were not yet given back to its window.
  public final var unreadBytes: Int { notes.unreadBytes }

  /// Whether a server's stream outlives an answer that comes before the end of the request: the rest of the request is
  /// judged still, and the owner resets the stream when that takes too long. Otherwise the carrier does at once (S12).
  public final var outlivesAnswer: Bool {
    get { notes.outlivesAnswer }
    set { notes.outlivesAnswer = newValue }
  }

  /// Makes a stream that was closed one that was not opened yet.
  public final func renew() {
    precondition(notes.state.isClosed, "stream \(id) is still \(state)")
    notes = Notes()
  }

  // MARK: For the carrier

  public final func open(as id: Int32) { notes.id = id }

  /// This side has sent its end.
  public final func noteEndSent() { notes.state.sendEndStream() }

  /// The peer has sent its end.
  public final func noteEndReceived() { notes.state.receiveEndStream() }

  /// The stream is over; the first reason stays.
  public final func noteEnd(_ end: StreamEnd) { notes.state.close(end) }

  public final func addUnread(_ bytes: Int) { notes.unreadBytes += bytes }

  /// How far the stream's window has grown beyond the first.
  public final var grownBytes: Int { notes.grownBytes }

  public final func setGrown(_ bytes: Int) { notes.grownBytes = bytes }

  // MARK: From the carrier

  /// A header section came: the head of a request or response, an interim 1xx response, or trailers.
  /// - Parameters:
  ///   - section: most often the object of the last time, if the peer has repeated what it said then.
  ///   - valueApart: the value of the field that the carrier keeps apart from the section, if it came; good for the call
  ///     alone.
  open func receiveHeaders(_ section: HeaderSection, valueApart: UnsafeRawBufferPointer?, endStream: Bool) {}

  /// A part of the body. It counts against the stream's window until it is given back.
  open func receiveData(_ bytes: UnsafeRawBufferPointer) {}

  /// The peer has ended its side; called after the headers or data that carried the end.
  open func receiveEndStream() {}

  /// The stream is over and its identifier means nothing any more; called exactly once for a stream that was opened.
  open func receiveClose(_ end: StreamEnd) {}

  /// How much the stream could write now, at most `maxBytes`.
  open func availableOutput(maxBytes: Int) -> OutputAvailability { .last(0) }

  /// Writes exactly `count` bytes, which `availableOutput` has just promised.
  open func writeOutput(_ count: Int, to memory: UnsafeMutableRawPointer) {}
}
