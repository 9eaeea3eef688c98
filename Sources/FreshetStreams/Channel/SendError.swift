// Why a channel did not accept an element.

/// Thrown by a ``ChannelSink``. The element in question was not received and will not be.
public enum SendError: Error, Hashable, CustomStringConvertible {
  /// The stream has no reader any more.
  ///
  /// - Parameter unreceived: how many elements the channel had accepted and the stream has not received. Does not
  ///   include the one whose sending throws this.
  case gone(unreceived: Int)
  /// The stream was finished through this sink or another.
  case finished
  /// The sending task was cancelled while it waited, or before.
  case cancelled

  public var description: String {
    switch self {
    case .gone(let unreceived): "the channel's stream has gone; it left \(unreceived) elements unread"
    case .finished: "the channel is finished: it takes no more elements"
    case .cancelled: "the task was cancelled before the channel had room for its element"
    }
  }
}
