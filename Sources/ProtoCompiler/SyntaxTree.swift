// A schema file as written: declarations in order, with the positions of their parts.
import SwiftProtobuf

typealias FieldKind = Google_Protobuf_FieldDescriptorProto.TypeEnum

/// A word or a dotted sequence of words.
struct NameSyntax {
  var text: String
  var span: Span
}

struct FileSyntax {
  var edition = Edition.proto2
  /// Nil in a file without one, which is proto2.
  var syntax: SyntaxDeclaration?
  var statements: [FileStatement] = []
  /// From the first token to the last.
  var span: Span
}

struct SyntaxDeclaration {
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
  case extend(ExtendSyntax)
}

struct PackageSyntax {
  var name: NameSyntax
  var span: Span
  var comments: DeclarationComments
}

struct ImportSyntax {
  enum Modifier { case `public`, weak, option }

  var modifier: (kind: Modifier, span: Span)?
  var file: NameSyntax
  var span: Span
  var comments: DeclarationComments
}

/// Whether other files may use a declaration, if stated by the declaration itself.
typealias Visibility = Google_Protobuf_SymbolVisibility

struct MessageSyntax {
  var visibility: Visibility?
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
  case extensions(ExtensionRangesSyntax)
  case extend(ExtendSyntax)
}

/// `extend Message { fields }`
struct ExtendSyntax {
  var extendee: NameSyntax
  var fields: [FieldSyntax] = []
  var span: Span
  var comments: DeclarationComments
}

/// `extensions 100 to 199, 500 [options];`
struct ExtensionRangesSyntax {
  var ranges: [ReservedSyntax.Range]
  var options: BracketedOptions?
  var span: Span
  var comments: DeclarationComments
}

struct FieldSyntax {
  enum Label { case optional, repeated, required }

  var label: (kind: Label, span: Span)?
  var type: TypeSyntax
  var name: NameSyntax
  var number: Int32
  var numberSpan: Span
  var options: BracketedOptions?
  /// The fields of a group, which declares both a message and a field. The span is the field's.
  var group: MessageSyntax?
  var span: Span
  var comments: DeclarationComments
}

struct TypeSyntax {
  indirect enum Kind {
    /// Also `group`.
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

  var visibility: Visibility?
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
    /// Inclusive.
    var bounds: ClosedRange<Int32>
    /// Whether the end is written as `max`, which is larger in a message set.
    var isToMax: Bool
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
    /// The position of the word `stream`, if present.
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
