// Parses a single literal as the value of an option's field.
import SwiftProtobuf

/// An error in the value of an option, or part of it.
struct OptionError: Error {
  var message: String
  var span: Span
}

/// A literal as written, after an option's name or inside braces.
enum Literal {
  case identifier(String)
  /// With a separate sign, because the smallest integer has no positive counterpart.
  case integer(magnitude: UInt64, isNegative: Bool)
  case floatingPoint(Double)
  case string([UInt8])
}

enum OptionValue {
  /// The bits of a literal for a number, bool or enum field. Fails with what the field accepts.
  /// - Parameter isText: whether the literal is inside braces, where more forms of values are valid.
  static func scalar(
    _ literal: Literal, _ field: FieldSchema, _ catalog: TypeCatalog, isText: Bool
  ) -> Result<ScalarValue, Expectation> {
    switch field.kind {
    case .int32, .sint32, .sfixed32: signed(literal, Int64(Int32.min)...Int64(Int32.max))
    case .int64, .sint64, .sfixed64: signed(literal, .min ... .max)
    case .uint32, .fixed32: unsigned(literal, UInt64(UInt32.max))
    case .uint64, .fixed64: unsigned(literal, .max)
    case .float, .double: floatingPoint(literal, isFloat: field.kind == .float, isText: isText)
    case .bool: bool(literal, isText: isText)
    case .enum: enumeration(literal, field, catalog, isText: isText)
    case .string, .bytes, .message, .group: .failure(Expectation("a value of another kind"))
    }
  }

  /// What would be valid: "true or false".
  struct Expectation: Error {
    var text: String
    init(_ text: String) { self.text = text }
  }

  private static func signed(_ literal: Literal, _ range: ClosedRange<Int64>) -> Result<ScalarValue, Expectation> {
    let expectation = Expectation("an integer from \(range.lowerBound) to \(range.upperBound)")
    guard case .integer(let magnitude, let isNegative) = literal else { return .failure(expectation) }
    let value: Int64? =
      if isNegative {
        magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
      } else {
        Int64(exactly: magnitude)
      }
    guard let value, range.contains(value) else { return .failure(expectation) }
    return .success(ScalarValue(bits: UInt64(bitPattern: value)))
  }

  private static func unsigned(_ literal: Literal, _ limit: UInt64) -> Result<ScalarValue, Expectation> {
    guard case .integer(let magnitude, false) = literal, magnitude <= limit else {
      return .failure(Expectation("an integer from 0 to \(limit)"))
    }
    return .success(ScalarValue(bits: magnitude))
  }

  private static func floatingPoint(
    _ literal: Literal, isFloat: Bool, isText: Bool
  ) -> Result<ScalarValue, Expectation> {
    var value: Double
    switch literal {
    case .floatingPoint(let number): value = number
    case .integer(let magnitude, let isNegative): value = isNegative ? -Double(magnitude) : Double(magnitude)
    case .identifier(let word):
      switch isText ? word.lowercased() : word {
      case "inf", "infinity": value = .infinity
      case "nan": value = .nan
      default: return .failure(Expectation("a number"))
      }
    case .string: return .failure(Expectation("a number"))
    }
    if isFloat { value = Double(Float(value)) }
    if value.isNaN { value = Double(bitPattern: 0x7FF8_0000_0000_0000) }
    return .success(ScalarValue(bits: value.bitPattern))
  }

  private static func bool(_ literal: Literal, isText: Bool) -> Result<ScalarValue, Expectation> {
    switch literal {
    case .identifier("true"): return .success(ScalarValue(bits: 1))
    case .identifier("false"): return .success(ScalarValue(bits: 0))
    case .identifier("True") where isText, .identifier("t") where isText: return .success(ScalarValue(bits: 1))
    case .identifier("False") where isText, .identifier("f") where isText: return .success(ScalarValue(bits: 0))
    case .integer(let value, false) where isText && value <= 1: return .success(ScalarValue(bits: value))
    default: return .failure(Expectation("true or false"))
    }
  }

  private static func enumeration(
    _ literal: Literal, _ field: FieldSchema, _ catalog: TypeCatalog, isText: Bool
  ) -> Result<ScalarValue, Expectation> {
    guard let type = catalog.enumeration(field.typeName) else { return .failure(Expectation("a value of an enum")) }
    switch literal {
    case .identifier(let name):
      if let number = type.number(of: name) { return .success(ScalarValue(bits: UInt64(bitPattern: Int64(number)))) }
    case .integer(let magnitude, let isNegative) where isText:
      let value = Int32(
        exactly: isNegative
          ? -Int64(truncatingIfNeeded: magnitude & 0xFFFF_FFFF)
          : Int64(clamping: magnitude))
      if let value, !type.isClosed || type.values.contains(where: { $0.number == value }) {
        return .success(ScalarValue(bits: UInt64(bitPattern: Int64(value))))
      }
    default: break
    }
    let names = type.values.prefix(12).map(\.name).joined(separator: ", ")
    return .failure(Expectation("one of \(names)\(type.values.count > 12 ? ", …" : "")"))
  }
}
