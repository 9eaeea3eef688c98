// A received header section: the same object again when the peer repeats it.

/// The fields of one head or trailer section, except those the carrier keeps apart. Confined to the carrier's loop.
open class HeaderSection {
  public final let fields: HeaderFields
  /// Whether fields are missing because the list exceeded its limit.
  public final let isTruncated: Bool
  /// The version of HTTP that carried it.
  public final let version: HTTPVersion
  /// What the layer above parsed from the fields, cached for the next time they are received.
  public final var reading: AnyObject? {
    get { storedReading }
    set { storedReading = newValue }
  }
  // Behind `reading`, because other modules would check each access to a stored property.
  @exclusivity(unchecked) private final var storedReading: AnyObject?

  public init(_ fields: HeaderFields, isTruncated: Bool = false, version: HTTPVersion = .http2) {
    self.fields = fields
    self.version = version
    self.isTruncated = isTruncated
  }
}
