// A schema file as its author wrote it: declarations in their order, with the places of their parts.
import SwiftProtobuf

typealias FieldKind = Google_Protobuf_FieldDescriptorProto.TypeEnum

/// A word or a dotted path of words.
struct NameSyntax {
  var text: String
  var span: Span
}

struct FileSyntax {
  var syntax: SyntaxDeclaration?
  var statements: [FileStatement] = []
  /// From the first token to the last.
  var span: Span
}

struct SyntaxDeclaration {
  var version: String
  var span: Span
  var comments: DeclarationComments
}

enum FileStatement {
  case package(PackageSyntax)
  case `import`(ImportSyntax)
  case option(OptionSyntax)
  case message(MessageSyntax)
  case enumeration(EnumSyntax)
  case service(ServiceSyntax)
}

struct PackageSyntax {
  var name: NameSyntax
  var span: Span
  var comments: DeclarationComments
}

struct ImportSyntax {
  enum Modifier { case `public`, weak }

  var modifier: (kind: Modifier, span: Span)?
  var file: NameSyntax
  var span: Span
  var comments: DeclarationComments
}

struct MessageSyntax {
  var name: NameSyntax
  var statements: [MessageStatement] = []
  var span: Span
  var comments: DeclarationComments
}

enum MessageStatement {
  case field(FieldSyntax)
  case oneof(OneofSyntax)
  case message(MessageSyntax)
  case enumeration(EnumSyntax)
  case option(OptionSyntax)
  case reserved(ReservedSyntax)
}

struct FieldSyntax {
  enum Label { case optional, repeated }

  var label: (kind: Label, span: Span)?
  var type: TypeSyntax
  var name: NameSyntax
  var number: Int32
  var numberSpan: Span
  var options: BracketedOptions?
  var span: Span
  var comments: DeclarationComments
}

struct TypeSyntax {
  indirect enum Kind {
    case scalar(FieldKind)
    case named(String)
    case map(key: TypeSyntax, value: TypeSyntax)
  }

  var kind: Kind
  var span: Span
}

struct OneofSyntax {
  enum Statement {
    case field(FieldSyntax)
    case option(OptionSyntax)
  }

  var name: NameSyntax
  var statements: [Statement] = []
  var span: Span
  var comments: DeclarationComments
}

struct EnumSyntax {
  enum Statement {
    case value(EnumValueSyntax)
    case option(OptionSyntax)
    case reserved(ReservedSyntax)
  }

  var name: NameSyntax
  var statements: [Statement] = []
  var span: Span
  var comments: DeclarationComments
}

struct EnumValueSyntax {
  var name: NameSyntax
  var number: Int32
  var numberSpan: Span
  var options: BracketedOptions?
  var span: Span
  var comments: DeclarationComments
}

struct ReservedSyntax {
  struct Range {
    /// Both ends belong to the range.
    var bounds: ClosedRange<Int32>
    var startSpan: Span
    var endSpan: Span
    var span: Span
  }

  enum Kind {
    case names([NameSyntax])
    case ranges([Range])
  }

  var kind: Kind
  var span: Span
  var comments: DeclarationComments
}

struct ServiceSyntax {
  enum Statement {
    case method(MethodSyntax)
    case option(OptionSyntax)
  }

  var name: NameSyntax
  var statements: [Statement] = []
  var span: Span
  var comments: DeclarationComments
}

struct MethodSyntax {
  struct MessageType {
    /// Where the word `stream` stands, if it does.
    var stream: Span?
    var name: NameSyntax
  }

  var name: NameSyntax
  var input: MessageType
  var output: MessageType
  /// Nil if the declaration ends with a semicolon instead of braces.
  var options: [OptionSyntax]?
  var span: Span
  var comments: DeclarationComments
}

/// What stands between brackets after a field or an enum value.
struct BracketedOptions {
  enum Entry {
    case option(OptionSyntax)
    case jsonName(NameSyntax, span: Span)
  }

  var entries: [Entry] = []
  /// Brackets included.
  var span: Span
}

struct OptionSyntax {
  struct NamePart {
    var text: String
    /// Whether the part stands in parentheses: the name of an extension.
    var isExtension: Bool
    var span: Span
  }

  enum Value {
    case identifier(String)
    case positiveInteger(UInt64)
    case negativeInteger(Int64)
    case double(Double)
    case string([UInt8])
    /// The text between braces.
    case aggregate(String)
  }

  var name: [NamePart]
  var value: Value
  var valueSpan: Span
  var span: Span
  var comments: DeclarationComments = DeclarationComments()
}
