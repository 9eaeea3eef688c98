// Where nghttp2 keeps the name and the value of a received field.
import CNGHTTP2

/// A field that the peer sends by its index in HPACK's table (RFC 7541 §2.3) has the same place each time, so it is known
/// again without a look at its bytes. A place that is held is given to nothing else, also when the table has forgotten
/// the field. Its owner releases it, on the session's loop and before the session's memory goes.
struct FieldPlace {
  private var name: OpaquePointer?
  private var value: OpaquePointer?

  /// That of no field.
  init() {}

  @inline(__always)
  func isThat(of name: OpaquePointer, _ value: OpaquePointer) -> Bool { self.name == name && self.value == value }

  /// Holds the place of this field instead of what it held.
  mutating func hold(_ name: OpaquePointer, _ value: OpaquePointer) {
    Self.replace(&self.name, name)
    Self.replace(&self.value, value)
  }

  mutating func release() {
    Self.replace(&name, nil)
    Self.replace(&value, nil)
  }

  private static func replace(_ held: inout OpaquePointer?, _ other: OpaquePointer?) {
    if held == other { return }
    if let other { nghttp2_rcbuf_incref(other) }
    if let held { nghttp2_rcbuf_decref(held) }
    held = other
  }
}
