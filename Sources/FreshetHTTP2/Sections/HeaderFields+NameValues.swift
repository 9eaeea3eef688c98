// Header fields in nghttp2's form.
import CNGHTTP2
public import FreshetHTTP

extension HeaderFields {
  /// Calls `body` with the fields in nghttp2's form. It copies names and values before it returns, unless they are
  /// permanent.
  @inline(__always)  // so that what `body` captures is not retained for it
  func withNameValues<Result>(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> Result) -> Result {
    if let form = permanentForm {
      return body(UnsafeBufferPointer(start: form.assumingMemoryBound(to: nghttp2_nv.self), count: count))
    }
    return withTemporaryNameValues(body)
  }

  private func withTemporaryNameValues<Result>(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: count) { values in
      if let start = values.baseAddress { write(to: start, flags: NGHTTP2_NV_FLAG_NONE) }
      return body(UnsafeBufferPointer(values))
    }
  }

  /// The same fields, never freed and never copied when sent: for the few that a program sends over and over.
  public var permanent: HeaderFields {
    let values = UnsafeMutablePointer<nghttp2_nv>.allocate(capacity: count)
    let fields = HeaderFields(keepingForEver: self, form: UnsafeRawPointer(values))
    let flags = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
    fields.write(to: values, flags: nghttp2_nv_flag(flags))
    return fields
  }

  private func write(to values: UnsafeMutablePointer<nghttp2_nv>, flags: nghttp2_nv_flag) {
    var index = 0
    forEach { name, value in
      let field = nghttp2_nv(
        name: pointer(name), value: pointer(value), namelen: name.count, valuelen: value.count,
        flags: UInt8(flags.rawValue))
      (values + index).initialize(to: field)
      index += 1
    }
  }

  /// nghttp2's type is not const, but it does not write.
  private func pointer(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<UInt8>? {
    UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
  }
}
