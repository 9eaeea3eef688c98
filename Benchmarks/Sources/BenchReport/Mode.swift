// What a client measures, in every program.
public import ArgumentParser

/// The kinds of call.
public enum Mode: String, ExpressibleByArgument, Sendable {
  case unary, sstream, cstream, bidi
}
