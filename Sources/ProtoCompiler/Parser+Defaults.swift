// Parses default values, and writes them in the form of descriptors.
import Foundation
import SwiftProtobuf

extension Parser {
  /// `default = value`, for a field of `type`.
  mutating func defaultValue(of type: TypeSyntax) throws(SyntaxError) -> DefaultValueSyntax {
    if edition == .proto3 {
      bag.error("proto3 has no default values", at: stream.current.span)
    }
    stream.take()
    try stream.expect("=")
    let start = stream.start
    let text: String
    switch type.kind {
    case .map, .scalar(.group), .scalar(.message):
      throw SyntaxError(message: "a message has no default value", span: stream.current.span)
    // An enum or a message, as the linker will find out. The token is read as the name of a value.
    case .named, .scalar(.enum): text = stream.take().text
    case .scalar(.int32), .scalar(.sint32), .scalar(.sfixed32):
      text = "\(try signed(within: Int64(Int32.min)...Int64(Int32.max)))"
    case .scalar(.int64), .scalar(.sint64), .scalar(.sfixed64): text = "\(try signed(within: .min ... .max))"
    case .scalar(.uint32), .scalar(.fixed32): text = "\(try unsigned(upTo: UInt64(UInt32.max)))"
    case .scalar(.uint64), .scalar(.fixed64): text = "\(try unsigned(upTo: .max))"
    case .scalar(.double): text = NumberText.double(try floatingPoint())
    case .scalar(.float): text = NumberText.float(NumberText.narrow(try floatingPoint()))
    case .scalar(.bool): text = try bool()
    case .scalar(.string): text = try stream.string("the default value, a string").text
    case .scalar(.bytes): text = BytesText.escaped(try stream.stringBytes("the default value, a string"))
    }
    return DefaultValueSyntax(text: text, span: stream.span(from: start))
  }

  private mutating func bool() throws(SyntaxError) -> String {
    guard stream.isAt("true") || stream.isAt("false") else { throw stream.unexpected(expected: "“true” or “false”") }
    return stream.take().text
  }

  private mutating func signed(within range: ClosedRange<Int64>) throws(SyntaxError) -> Int64 {
    let start = stream.start
    let isNegative = stream.takeIf("-")
    let magnitude = try magnitude()
    let value =
      isNegative
      ? (magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil) : Int64(exactly: magnitude)
    guard let value, range.contains(value) else {
      throw outOfRange("\(range.lowerBound)", "\(range.upperBound)", start)
    }
    return value
  }

  private mutating func unsigned(upTo limit: UInt64) throws(SyntaxError) -> UInt64 {
    let start = stream.start
    if stream.isAt("-") {
      throw SyntaxError(message: "the default value of an unsigned field is not negative", span: stream.current.span)
    }
    let value = try magnitude()
    guard value <= limit else { throw outOfRange("0", "\(limit)", start) }
    return value
  }

  private mutating func magnitude() throws(SyntaxError) -> UInt64 {
    switch stream.current.kind {
    case .integer(let value):
      stream.take()
      return value
    case .float where !stream.current.text.contains(where: { $0 == "." || $0 == "e" || $0 == "E" }):
      throw SyntaxError(message: "\(stream.current.text) does not fit in 64 bits", span: stream.current.span)
    default: throw stream.unexpected(expected: "the default value, an integer")
    }
  }

  private func outOfRange(_ lower: String, _ upper: String, _ start: Position) -> SyntaxError {
    SyntaxError(
      message: "this default value is out of range: the field holds \(lower) to \(upper)",
      span: stream.span(from: start))
  }

  private mutating func floatingPoint() throws(SyntaxError) -> Double {
    let sign: Double = stream.takeIf("-") ? -1 : 1
    switch stream.current.kind {
    case .integer(let value):
      stream.take()
      return sign * Double(value)
    case .float(let value):
      stream.take()
      return sign * value
    case .identifier where stream.isAt("inf"):
      stream.take()
      return sign * .infinity
    case .identifier where stream.isAt("nan"):
      stream.take()
      return .nan
    default: throw stream.unexpected(expected: "the default value, a number")
    }
  }
}

/// Floating-point numbers in the form of other compilers' descriptors: with as few digits as identify them, of two
/// lengths tried.
enum NumberText {
  static func double(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    let short = String(format: "%.15g", value)
    return Double(short) == value ? short : String(format: "%.17g", value)
  }

  static func float(_ value: Float) -> String {
    if value.isNaN { return "nan" }
    let short = String(format: "%.6g", value)
    return Float(short) == value ? short : String(format: "%.9g", value)
  }

  /// A number that exceeds the range of a float by less than half of its last digit is the largest float, not infinity.
  static func narrow(_ value: Double) -> Float { Float(value) }
}

/// Bytes as text, in the form that descriptors use for default values.
enum BytesText {
  static func escaped(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n"): text += "\\n"
      case UInt8(ascii: "\r"): text += "\\r"
      case UInt8(ascii: "\t"): text += "\\t"
      case UInt8(ascii: "\""): text += "\\\""
      case UInt8(ascii: "'"): text += "\\'"
      case UInt8(ascii: "\\"): text += "\\\\"
      case 0x20..<0x7F: text.unicodeScalars.append(UnicodeScalar(byte))
      default:
        let digits = String(byte, radix: 8)
        text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      }
    }
    return text
  }
}
