// An element in a box, for state machines that do not know its type.

/// Holds one element on its way.
final class Held<Element: Sendable>: Sendable {
  let element: Element

  init(_ element: Element) { self.element = element }
}
