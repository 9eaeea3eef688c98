// The default options, of our own google/protobuf/descriptor.proto.
import SwiftProtobuf

enum BuiltInOptions {
  /// The linked file. Created once for all compilations.
  static let file: Google_Protobuf_FileDescriptorProto = {
    let text = WellKnownFiles.text(of: "google/protobuf/descriptor.proto") ?? ""
    var bag = DiagnosticBag(
      SourceFile(name: "google/protobuf/descriptor.proto", displayPath: "descriptor.proto", bytes: Array(text.utf8)))
    let syntax = Parser.parse(reportingTo: &bag)
    var (file, source, written) = DescriptorBuilder.build(syntax, reportingTo: &bag)
    let catalog = TypeCatalog()
    catalog.symbols.declareAll(in: file, source, reportingTo: &bag)
    _ = Linker.link(&file, catalog, visibleFiles: [file.name], source, reportingTo: &bag)
    catalog.add(file)  // the options of its fields have types of its own
    let lookUp = OptionLookUp(catalog: catalog, visibleFiles: [file.name])
    _ = OptionInterpreter.interpret(.builtIn, written, of: &file, &source, lookUp, reportingTo: &bag)
    return file
  }()
}

/// A message of google/protobuf/descriptor.proto that holds options.
protocol OptionsMessage: Message {
  /// The kind of declaration that has these options.
  static var target: OptionTarget { get }
}

extension Google_Protobuf_FileOptions: OptionsMessage { static let target = OptionTarget.targetTypeFile }
extension Google_Protobuf_MessageOptions: OptionsMessage { static let target = OptionTarget.targetTypeMessage }
extension Google_Protobuf_FieldOptions: OptionsMessage { static let target = OptionTarget.targetTypeField }
extension Google_Protobuf_OneofOptions: OptionsMessage { static let target = OptionTarget.targetTypeOneof }
extension Google_Protobuf_ExtensionRangeOptions: OptionsMessage {
  static let target = OptionTarget.targetTypeExtensionRange
}
extension Google_Protobuf_EnumOptions: OptionsMessage { static let target = OptionTarget.targetTypeEnum }
extension Google_Protobuf_EnumValueOptions: OptionsMessage { static let target = OptionTarget.targetTypeEnumEntry }
extension Google_Protobuf_ServiceOptions: OptionsMessage { static let target = OptionTarget.targetTypeService }
extension Google_Protobuf_MethodOptions: OptionsMessage { static let target = OptionTarget.targetTypeMethod }
