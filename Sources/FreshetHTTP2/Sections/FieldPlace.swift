// Pointers to a received field's name and value in nghttp2's memory.
import CNGHTTP2

/// A field that the peer sends by its index in HPACK's table (RFC 7541 §2.3) has the same pointers each time, so it is
/// recognised without comparing its bytes. Retained memory is not reused, even when the table has evicted the field.
/// The owner releases it, on the session's loop and before the session's memory is freed.
struct FieldPlace {
  private var name: OpaquePointer?
  private var value: OpaquePointer?

  /// Of no field.
  init() {}

  @inline(__always)
  func isThat(of name: OpaquePointer, _ value: OpaquePointer) -> Bool { self.name == name && self.value == value }

  /// Retains this field's place instead of the previous one.
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
