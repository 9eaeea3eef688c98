// A received header section, which is the same object when the peer repeats it.

/// The fields of one head or trailer section, without what the carrier sets apart of them. Confined to the carrier's loop.
open class HeaderSection {
  public final let fields: HeaderFields
  /// Whether fields are missing, because they were beyond the limit.
  public final let isTruncated: Bool
  /// What the layer above has read in the fields, kept for the next time that they come.
  public final var reading: AnyObject? {
    get { storedReading }
    set { storedReading = newValue }
  }
  // Behind `reading`, because other modules would check an access to a stored property.
  @exclusivity(unchecked) private final var storedReading: AnyObject?

  public init(_ fields: HeaderFields, isTruncated: Bool = false) {
    self.fields = fields
    self.isTruncated = isTruncated
  }
}
