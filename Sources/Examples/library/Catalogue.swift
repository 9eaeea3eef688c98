// Invented books, always the same, oldest first, split into pages.

struct Catalogue: Sendable {
  private let books: [Book]

  init(count: Int) {
    var random = SplitMix64(state: 1911)
    books = (0..<count).map { Self.invent(number: $0, with: &random) }
      .sorted { ($0.year, $0.isbn) < ($1.year, $1.isbn) }
  }

  func book(isbn: String) -> Book? {
    books.first { $0.isbn == isbn }
  }

  /// The page for a token, or the first for an empty token. Nil if there is no such page.
  ///
  /// Like many real sites, this one splits into pages first and filters then: with an author, a page may have fewer
  /// books than requested, or none, and yet not be the last.
  func page(by author: String, size: Int, token: String) -> BookPage? {
    guard size > 0, let start = token.isEmpty ? 0 : position(of: token) else { return nil }
    let end = min(start + min(size, 100), books.count)
    let page = books[start..<end].filter { author.isEmpty || $0.author == author }
    return BookPage(books: page, nextPageToken: end < books.count ? books[end - 1].isbn : nil)
  }

  /// A token is the ISBN of the last book on the previous page, which remains valid when books are added before it.
  private func position(of token: String) -> Int? {
    books.firstIndex { $0.isbn == token }.map { $0 + 1 }
  }

  // MARK: - Invention

  private static func invent(number: Int, with random: inout SplitMix64) -> Book {
    let noun = pick(nouns, &random)
    let title =
      switch random.next() % 4 {
      case 0: "The \(pick(adjectives, &random)) \(noun)"
      case 1: "\(pick(adjectives, &random)) \(noun)s"
      case 2: "The \(noun) of \(pick(places, &random))"
      default: "A \(noun) in \(pick(places, &random))"
      }
    let author = "\(pick(forenames, &random)) \(pick(surnames, &random))"
    return Book(title: title, author: author, year: 1880 + Int(random.next() % 140), isbn: isbn(number: number))
  }

  private static func pick(_ words: [String], _ random: inout SplitMix64) -> String {
    words[Int(random.next() % UInt64(words.count))]
  }

  /// 978-0-00 and the book's number, with the check digit that makes the sum of digits, weighted 1 and 3, end in 0.
  private static func isbn(number: Int) -> String {
    let digits = "97800" + String(10_000_000 + number).suffix(7)
    let weighted = digits.utf8.enumerated().map { Int($1 - UInt8(ascii: "0")) * ($0.isMultiple(of: 2) ? 1 : 3) }
    return digits + String((10 - weighted.reduce(0, +) % 10) % 10)
  }

  private static let adjectives = [
    "Silent", "Copper", "Late", "Unlit", "Northern", "Borrowed", "Patient", "Salt", "Hollow", "Winter", "Gilded",
  ]
  private static let nouns = [
    "Lighthouse", "Orchard", "Letter", "Clockmaker", "River", "Garden", "Map", "Bridge", "Tide", "Window", "Lantern",
    "Violin", "Harbour", "Staircase", "Beekeeper", "Ladder",
  ]
  private static let places = [
    "Arlen", "Low Mere", "Saint Orrin", "Vell", "the Marshes", "Kestrel Bay", "October", "Upper Dunmarrow",
  ]
  private static let forenames = ["Ada", "Bruno", "Clara", "Edvard", "Ines", "Jonas"]
  private static let surnames = ["Ashdown", "Bellweather", "Corvane", "Lindqvarn", "Marsh"]
}

/// A small pseudo-random number generator with a fixed sequence.
private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
