// The order of addresses.
import Testing

@testable import FreshetClient

@Suite struct AddressOrderTests {
  /// The families are the first letters.
  private func ordered(_ addresses: String) -> String {
    AddressOrder.interleaved(addresses.split(separator: " ").map(String.init)) { $0.first }.joined(separator: " ")
  }

  @Test(arguments: [
    ("", ""),
    ("6a", "6a"),
    ("6a 6b 4a 4b", "6a 4a 6b 4b"),
    ("4a 4b 6a", "4a 6a 4b"),
    ("6a 4a 4b 4c", "6a 4a 4b 4c"),
    ("4a 4b 4c", "4a 4b 4c"),
    ("6a u 4a 6b 6c", "6a u 4a 6b 6c"),
  ])
  func `R29: families alternate, the first one's first, each in its order`(
    addresses: String, expected: String
  ) {
    #expect(ordered(addresses) == expected)
  }

  @Test(arguments: [("6a 6a", "6a"), ("6a 4a 6a 4b 4a", "6a 4a 4b"), ("4b 6a 4b 4a", "4b 6a 4a")])
  func `R29: duplicates are dropped`(addresses: String, expected: String) {
    #expect(ordered(addresses) == expected)
  }
}
