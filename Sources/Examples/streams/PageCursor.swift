// The position of a reader of pages. Three states, since "no token" means two things: not begun, and at the end.
//
//   start ──▶ next(token) ──▶ end
//     │        ▲      │        ▲
//     │        └──────┘        │
//     └────────────────────────┘

enum PageCursor: Equatable, Sendable {
  /// Nothing was read. → next, end
  case start
  /// A page was read, and this token requests the next one. → next, end
  case next(token: String)
  /// The last page was read.
  case end

  /// A page was read. A missing or an empty token means that it was the last.
  mutating func receivePage(nextToken: String?) {
    switch self {
    case .start, .next:
      if let nextToken, !nextToken.isEmpty { self = .next(token: nextToken) } else { self = .end }
    case .end:
      preconditionFailure("a page came after the last one")
    }
  }
}
