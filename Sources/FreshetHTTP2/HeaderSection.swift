// A received header section, which is the same object when the peer repeats it.

/// The fields of one HEADERS block, without what the session sets apart of them. Confined to the session's loop.
public final class HeaderSection {
  public let fields: HeaderFields
  /// Whether fields are missing, because they were beyond the limit.
  public let isTruncated: Bool
  /// Whether it took longer to decode than the sections of ordinary calls.
  let isCostly: Bool
  /// What the layer above has read in the fields, kept for the next time that they come.
  public var reading: AnyObject? {
    get { storedReading }
    set { storedReading = newValue }
  }
  // Behind `reading`, because other modules would check an access to a stored property.
  @exclusivity(unchecked) private var storedReading: AnyObject?
  /// One for each field and one of no field behind them; nil where the session does not keep the section.
  @exclusivity(unchecked) private(set) var places: UnsafeMutablePointer<FieldPlace>?

  public init(_ fields: HeaderFields, isTruncated: Bool = false) {
    self.fields = fields
    self.isTruncated = isTruncated
    isCostly = isTruncated || HTTP2Session.tokens(ofListBytes: fields.listBytes) > 0
  }

  deinit { assert(places == nil, "a section still holds its places in nghttp2's memory") }

  /// The session begins to keep the section.
  func makePlaces() {
    let made = UnsafeMutablePointer<FieldPlace>.allocate(capacity: fields.count + 1)
    made.initialize(repeating: FieldPlace(), count: fields.count + 1)
    places = made
  }

  /// The session keeps the section no longer; others may.
  func releasePlaces() {
    guard let places else { return }
    for index in 0..<fields.count { places[index].release() }
    places.deallocate()
    self.places = nil
  }
}
