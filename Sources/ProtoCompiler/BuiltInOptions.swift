// What options there are where no schema says otherwise: those of our own google/protobuf/descriptor.proto.
import SwiftProtobuf

enum BuiltInOptions {
  /// The file, its types linked and its options unread. Made once for all compilations.
  static let file: Google_Protobuf_FileDescriptorProto = {
    let text = WellKnownFiles.text(of: "google/protobuf/descriptor.proto") ?? ""
    var bag = DiagnosticBag(
      SourceFile(name: "google/protobuf/descriptor.proto", displayPath: "descriptor.proto", bytes: Array(text.utf8)))
    let syntax = Parser.parse(reportingTo: &bag)
    var (file, source, _) = DescriptorBuilder.build(syntax, reportingTo: &bag)
    let catalog = TypeCatalog()
    catalog.symbols.declareAll(in: file, source, reportingTo: &bag)
    _ = Linker.link(&file, catalog, visibleFiles: [file.name], source, reportingTo: &bag)
    return file
  }()
}

/// A message of google/protobuf/descriptor.proto that holds options.
protocol OptionsMessage: Message {
  /// What a person calls the declaration that has them: "a field".
  static var subject: String { get }
}

extension Google_Protobuf_FileOptions: OptionsMessage { static let subject = "a file" }
extension Google_Protobuf_MessageOptions: OptionsMessage { static let subject = "a message" }
extension Google_Protobuf_FieldOptions: OptionsMessage { static let subject = "a field" }
extension Google_Protobuf_OneofOptions: OptionsMessage { static let subject = "a oneof" }
extension Google_Protobuf_ExtensionRangeOptions: OptionsMessage { static let subject = "an extension range" }
extension Google_Protobuf_EnumOptions: OptionsMessage { static let subject = "an enum" }
extension Google_Protobuf_EnumValueOptions: OptionsMessage { static let subject = "an enum value" }
extension Google_Protobuf_ServiceOptions: OptionsMessage { static let subject = "a service" }
extension Google_Protobuf_MethodOptions: OptionsMessage { static let subject = "a method" }
