// Interprets the options of one declaration.
import SwiftProtobuf

extension OptionInterpreter {
  mutating func interpret<Options: OptionsMessage>(
    _ options: inout Options, _ path: DescriptorPath, in scope: String
  ) {
    guard let written = written.byPath[path] else { return }
    guard let schema = schema(of: Options.protoMessageName, for: written) else { return }
    var wire = WireBytes()
    var counts: [DescriptorPath: Int32] = [:]
    var set = SetOptions()
    for (index, option) in written.enumerated() where belongsHere(option) && !bag.isFull {
      do throws(OptionError) {
        let fields = try find(option, schema, Options.target.subject, in: scope)
        guard let last = fields.last else { continue }
        var uses = fields.compactMap { OptionUse($0, at: option.nameSpan) }
        if !last.isRepeated, set.contains(fields) {
          throw OptionError(message: "option “\(option.displayName)” is set twice", span: option.span)
        }
        let value = try value(of: fields[...], option, &uses)
        set.insert(fields, value)
        wire.append(value)
        judge(uses, on: Options.target)
        let target = path + fields.map(\.number)
        let count = counts[target, default: 0]
        interpretedPaths[path + [FieldPath.uninterpretedOption, Int32(index)]] =
          target + (last.isRepeated ? [count] : [])
        counts[target] = count + 1
      } catch {
        bag.error(error.message, at: error.span)
      }
    }
    do {
      try options.merge(serializedBytes: wire.bytes, extensions: nil, partial: true)
    } catch {  // groups of options may nest deeper than the descriptor's own messages
      bag.error("the options here cannot be kept: \(error)", at: written.first?.span)
    }
  }

  /// The schema of the options message, from this compilation if it declares it.
  private func schema(of message: String, for options: [OptionSyntax]) -> MessageSchema? {
    // Since edition 2024 one of the common options has rules of its own.
    if edition < .edition2024, lookUp.catalog.symbols[message] == nil,
      let common = CommonOptions.schema(of: message, for: options)
    {
      return common
    }
    return lookUp.message(message)
  }

  private func belongsHere(_ option: OptionSyntax) -> Bool {
    (option.name.first?.isExtension ?? false) == (phase == .custom)
  }

  // MARK: Names

  /// The fields on the path from the options message to the one that is set.
  private mutating func find(
    _ option: OptionSyntax, _ schema: MessageSchema, _ subject: String, in scope: String
  ) throws(OptionError) -> [FieldSchema] {
    if option.name.first?.isFeatures ?? false, !edition.isEditions {
      throw OptionError(message: "\(edition.name) has no features; editions have", span: option.nameSpan)
    }
    var type = schema
    var fields: [FieldSchema] = []
    for (index, part) in option.name.enumerated() {
      let field = try find(part, of: option, type, index == 0 ? subject : "“\(type.fullName)”", in: scope)
      fields.append(field)
      guard index + 1 < option.name.count else { break }
      let name = OptionSyntax.displayName(option.name.prefix(index + 1))
      guard field.isMessage, let next = lookUp.message(field.typeName) else {
        throw OptionError(message: "the option “\(name)” has no parts", span: option.nameSpan)
      }
      if field.isRepeated {
        throw OptionError(
          message: "the option “\(name)” is a list of messages: each is written as a whole, in braces",
          span: option.nameSpan)
      }
      type = next
    }
    return fields
  }

  private mutating func find(
    _ part: OptionSyntax.NamePart, of option: OptionSyntax, _ type: MessageSchema, _ subject: String,
    in scope: String
  ) throws(OptionError) -> FieldSchema {
    if !part.isExtension {
      if let field = type.field(named: part.text), field.name != "uninterpreted_option" {
        usesSourceRetention = usesSourceRetention || field.isSourceRetained
        return field
      }
      let hint = NameSuggestion.hint(for: part.text, among: type.fieldNames)
      throw OptionError(message: "\(subject) has no option “\(part.text)”\(hint)", span: option.nameSpan)
    }
    let (resolution, field) = lookUp.extension(part.text, in: scope)
    guard let field else {
      throw OptionError(message: explanation(of: resolution, part.text, in: scope), span: option.nameSpan)
    }
    guard field.container == type.fullName else {
      throw OptionError(
        message: "“\(field.fullName)” \(field.isExtension ? "extends" : "is a field of") “\(field.container)”, not "
          + "“\(type.fullName)”", span: option.nameSpan)
    }
    usedFiles.insert(field.file)
    usesSourceRetention = usesSourceRetention || field.isSourceRetained
    return field
  }

  private mutating func explanation(
    of resolution: SymbolTable.Resolution, _ name: String, in scope: String
  ) -> String {
    switch resolution {
    case .notImported(let full, let symbol):
      return "the option “(\(full))” is declared in “\(symbol.file)”, which this file does not import"
    case .shadowed(let inner) where lookUp.catalog.symbols[inner]?.isScope ?? false:
      return "the option “(\(name))” is not declared: “\(inner)”, the nearest meaning of its first part, does not "
        + "contain it; a leading dot makes a name begin at the outermost scope"
    case .shadowed(let inner):
      return "“\(inner)” is no extension, so “(\(name))” is no option"
    case .unknown, .found:
      let base = "the option “(\(name))” is not declared in this file or its imports"
      guard suggestionsLeft > 0 else { return base }
      suggestionsLeft -= 1
      let meant = lookUp.catalog.symbols.suggestion(for: name, in: scope, scalars: [], as: .extension)
      return base + (meant.map { "; did you mean “(\($0))”?" } ?? "")
    }
  }

  /// Reports each use that violates the rules of its schema: once per position, since a map's key and value share the
  /// features of their field.
  private mutating func judge(_ uses: [OptionUse], on target: OptionTarget) {
    for use in uses {
      guard let finding = use.rules.finding(on: target, in: edition), judged.insert(use.span).inserted else { continue }
      if finding.isWarning {
        bag.warning("\(use.name) \(finding.message)", at: use.span)
      } else {
        bag.error("\(use.name) \(finding.message)", at: use.span)
      }
    }
  }

  // MARK: Values

  /// The bytes that set the last of `fields`, inside the messages that lead to it.
  private mutating func value(
    of fields: ArraySlice<FieldSchema>, _ option: OptionSyntax, _ uses: inout [OptionUse]
  ) throws(OptionError) -> WireBytes {
    var wire = WireBytes()
    guard let field = fields.first else { return wire }
    if fields.count > 1 {
      wire.append(
        field.number, message: try value(of: fields.dropFirst(), option, &uses), isDelimited: field.isDelimited)
    } else if field.isMessage {
      wire.append(field.number, message: try message(field, option, &uses), isDelimited: field.isDelimited)
    } else if field.kind == .string || field.kind == .bytes {
      wire.append(field.number, try string(field, option))
    } else {
      wire.append(field.number, try scalar(field, option, &uses), as: field.kind)
    }
    return wire
  }

  private mutating func message(
    _ field: FieldSchema, _ option: OptionSyntax, _ uses: inout [OptionUse]
  ) throws(OptionError) -> WireBytes {
    guard case .aggregate(let tokens) = option.value else {
      throw reject(option, expected: "the fields of a message, in braces")
    }
    guard let type = lookUp.message(field.typeName) else { return WireBytes() }
    let value = try AggregateParser.parse(tokens, as: type, lookUp)
    uses += value.uses
    usedFiles.formUnion(value.usedFiles)
    usesSourceRetention = usesSourceRetention || value.usesSourceRetention
    return value.bytes
  }

  private func string(_ field: FieldSchema, _ option: OptionSyntax) throws(OptionError) -> [UInt8] {
    guard case .string(let bytes) = option.value else { throw reject(option, expected: "a string") }
    // A string option that generators read as text; extensions are not checked until they are known.
    if !field.isExtension, field.kind == .string, String(validating: bytes, as: UTF8.self) == nil {
      throw reject(option, expected: "a string in UTF-8")
    }
    return bytes
  }

  private func scalar(
    _ field: FieldSchema, _ option: OptionSyntax, _ uses: inout [OptionUse]
  ) throws(OptionError) -> ScalarValue {
    let literal: Literal
    switch option.value {
    case .identifier(let word): literal = .identifier(word)
    case .positiveInteger(let value): literal = .integer(magnitude: value, isNegative: false)
    case .negativeInteger(let value): literal = .integer(magnitude: value.magnitude, isNegative: true)
    case .double(let value): literal = .floatingPoint(value)
    case .string(let bytes): literal = .string(bytes)
    case .aggregate: throw reject(option, expected: "a single value, no braces")
    }
    if let use = lookUp.use(of: literal, for: field, at: option.valueSpan) { uses.append(use) }
    switch OptionValue.scalar(literal, field, lookUp.catalog, isText: false) {
    case .success(let value): return value
    case .failure(let expectation): throw reject(option, expected: expectation.text)
    }
  }

  private func reject(_ option: OptionSyntax, expected: String) -> OptionError {
    OptionError(message: "option “\(option.displayName)” takes \(expected)", span: option.valueSpan)
  }
}
