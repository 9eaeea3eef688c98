// The value of a content-type field, taken apart so that no media type is taken for one that it begins with (W4).
import FreshetText

/// A media type in lower case. Equal types say the same, however they were written; parameters other than `charset` count for
/// nothing.
package struct MediaType: Hashable, Sendable {
  /// What precedes the first `+`: `application/grpc-web`.
  package let base: String
  /// What follows the first `+`: `proto`. Nil without one, and never empty.
  package let suffix: String?
  /// Whether each `charset` is UTF-8, which it also is without one.
  package let isUTF8: Bool

  /// - Returns: nil for what is no media type (RFC 9110 §8.3.1).
  package init?(_ value: some BidirectionalCollection<UInt8>) {
    var rest = ParameterList(value)
    guard let essence = rest.readName() else { return nil }
    let halves = essence.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2, halves.allSatisfy({ isToken($0.utf8) }) else { return nil }
    let parts = essence.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    base = String(parts[0])
    suffix = parts.count == 2 ? String(parts[1]) : nil
    if suffix == "" { return nil }
    var isUTF8 = true
    while let parameter = rest.readParameter() {
      if parameter.name == "charset", parameter.value.lowercased() != "utf-8" { isUTF8 = false }
    }
    guard rest.isEmpty else { return nil }
    self.isUTF8 = isUTF8
  }

  package init?(_ text: String) { self.init(Array(text.utf8)) }

  /// The type and the subtype, without parameters.
  package var essence: String { suffix.map { "\(base)+\($0)" } ?? base }
}
