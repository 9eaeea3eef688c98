// OpenSSL's error queue, one per thread: emptied before each operation, read after a failed one.
import COpenSSL
import FreshetText

/// The error queue of the current thread.
enum ErrorQueue {
  /// One entry of the queue.
  struct Entry {
    var library: Int32
    var reason: Int32
    /// OpenSSL's text for the reason, with the details it added.
    var text: String
  }

  /// Discards errors of earlier operations, so that they are not attributed to the next one.
  static func clear() {
    ERR_clear_error()
  }

  /// Removes and returns all entries, the oldest (the cause) first.
  static func take() -> [Entry] {
    var entries: [Entry] = []
    while let entry = next() { entries.append(entry) }
    return entries
  }

  /// The text of the oldest entry, or a placeholder; empties the queue.
  static func takeText() -> String {
    take().first?.text ?? "no reason given"
  }

  private static func next() -> Entry? {
    var details: UnsafePointer<CChar>?
    var flags: Int32 = 0
    let code = ERR_get_error_all(nil, nil, nil, &details, &flags)
    guard code != 0 else { return nil }
    let library = ERR_GET_LIB(code)
    if library == ERR_LIB_SYS { return Entry(library: library, reason: ERR_GET_REASON(code), text: systemText(code)) }
    var text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
    if flags & ERR_TXT_STRING != 0, let details, details.pointee != 0 { text += " (\(String(cString: details)))" }
    return Entry(library: library, reason: ERR_GET_REASON(code), text: text)
  }

  /// The system's text for an errno; OpenSSL only has it as the end of "error:80000002:system library::No such…".
  private static func systemText(_ code: UInt) -> String {
    var line = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(code, &line, line.count)
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return text.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false).last.map(String.init) ?? text
  }
}

/// The text that OpenSSL prints into the BIO, with control characters escaped: parts come from the peer.
func textPrinted(_ print: (OpaquePointer) -> Void) -> String {
  guard let bio = BIO_new(BIO_s_mem()) else { return "" }
  defer { BIO_free(bio) }
  print(bio)
  var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
  let count = BIO_read(bio, &bytes, Int32(bytes.count))
  return printable(bytes.prefix(Int(max(count, 0))))
}
