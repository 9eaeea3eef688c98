// What the client of every program is told to do.
public import ArgumentParser

/// The kinds of call.
public enum Mode: String, ExpressibleByArgument, Sendable {
  case unary, sstream, cstream, bidi
}
