// An element in a box, for state machines that do not know its type.

/// Boxes one element in transit.
final class Held<Element: Sendable>: Sendable {
  let element: Element

  init(_ element: Element) { self.element = element }
}
