// A reference that can be used without retaining its object.

/// Retains an object, and lends it without retaining it again: retains and releases are atomic, and were a quarter of a unary
/// call's time. `borrowed?._withUnsafeGuaranteedRef` is for callers during whose call the object cannot be released.
///
/// Public so that other modules specialize it: unspecialized, an assignment costs a thousand instructions.
public struct Borrowable<Object: AnyObject> {
  public let object: Object?
  /// The same object, not retained.
  public let borrowed: Unmanaged<Object>?

  @inlinable
  @inline(__always)
  public init(_ object: Object?) {
    self.object = object
    if let object { borrowed = .passUnretained(object) } else { borrowed = nil }
  }
}
