// A header section of HTTP/2, with its session's cached data.
import CNGHTTP2
import FreshetHTTP

/// The fields of one block of HEADERS. Confined to the session's loop.
final class KnownSection: HeaderSection {
  /// Whether it took longer to decode than the sections of ordinary calls.
  let isCostly: Bool
  private struct State {
    /// One for each field and an empty one after them; nil if the session does not keep the section.
    var places: UnsafeMutablePointer<FieldPlace>?
    /// Its index among the sections that the session keeps.
    var slot = 0
  }

  @exclusivity(unchecked) private var state = State()

  init(_ fields: HeaderFields, isTruncated: Bool = false) {
    isCostly = isTruncated || HTTP2Session.tokens(ofListBytes: fields.listBytes) > 0
    super.init(fields, isTruncated: isTruncated)
  }

  var places: UnsafeMutablePointer<FieldPlace>? { state.places }
  var slot: Int { state.slot }

  deinit { assert(places == nil, "a section still holds its places in nghttp2's memory") }

  /// Whether the field at index `count` is this one.
  func hasField(_ count: Int, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    fields.hasField(name, value, at: fields.offset(ofField: count))
  }

  /// The session starts to keep the section.
  func keep(in slot: Int) {
    state.slot = slot
    let made = UnsafeMutablePointer<FieldPlace>.allocate(capacity: fields.count + 1)
    made.initialize(repeating: FieldPlace(), count: fields.count + 1)
    state.places = made
  }

  /// The session no longer keeps the section; others may.
  func releasePlaces() {
    guard let places else { return }
    for index in 0..<fields.count { places[index].release() }
    places.deallocate()
    state.places = nil
  }
}
