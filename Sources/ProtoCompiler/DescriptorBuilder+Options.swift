// Builds options, and the reserved names of messages and enums.
import SwiftProtobuf

/// The options of a file as written, by the path of their options message.
struct WrittenOptions {
  private(set) var byPath: [DescriptorPath: [OptionSyntax]] = [:]
  /// Whether any is an extension, so that its meaning depends on other files.
  private(set) var hasCustom = false

  private var touched: Set<DescriptorPath> = []

  /// - Returns: the index of the option among those of its path.
  mutating func append(_ option: OptionSyntax, at path: DescriptorPath) -> Int {
    if path.count > 2 { touched.insert(Array(path.prefix(2))) }
    if option.name.first?.isExtension ?? false { hasCustom = true }
    byPath[path, default: []].append(option)
    return (byPath[path]?.count ?? 1) - 1
  }

  /// Whether this top-level declaration, or anything inside it, has options.
  func touches(_ number: Int32, _ index: Int32) -> Bool { touched.contains([number, index]) }
}

extension DescriptorBuilder {
  /// An option statement, which is also the position of the options as a whole.
  mutating func option(_ syntax: OptionSyntax, _ path: DescriptorPath) {
    source.record(path, syntax.span)
    bracketedOption(syntax, path)
  }

  mutating func bracketedOption(_ syntax: OptionSyntax, _ path: DescriptorPath) {
    let index = options.append(syntax, at: path)
    source.record(path + [FieldPath.uninterpretedOption, Int32(index)], syntax.span, syntax.comments)
  }

  /// Brackets with nothing but options. Returns whether there are any.
  mutating func bracketedOptions(_ brackets: BracketedOptions?, _ path: DescriptorPath) -> Bool {
    guard let brackets else { return false }
    source.record(path, brackets.span)
    for case .option(let syntax) in brackets.entries { bracketedOption(syntax, path) }
    return true
  }

  mutating func record(_ names: [NameSyntax], _ path: DescriptorPath, _ count: Int, _ reserved: ReservedSyntax) {
    source.record(path, reserved.span, reserved.comments)
    for (index, name) in names.enumerated() {
      source.record(path + [Int32(count + index)], name.span)
      if !edition.isEditions, !name.text.isIdentifier {
        bag.warning("“\(name.text)” can be no name, so that it need not be reserved", at: name.span)
      }
    }
  }

  mutating func record(_ ranges: [ReservedSyntax.Range], _ path: DescriptorPath, _ count: Int) {
    for (index, range) in ranges.enumerated() {
      let path = path + [Int32(count + index)]
      source.record(path, range.span)
      source.record(path + [FieldPath.Range.start], range.startSpan)
      source.record(path + [FieldPath.Range.end], range.endSpan)
    }
  }
}

extension String {
  var isIdentifier: Bool {
    guard let first = utf8.first, first.isIdentifierHead else { return false }
    return utf8.allSatisfy(\.isIdentifierBody)
  }
}
