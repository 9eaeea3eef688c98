// Descriptors under construction: a list that grows inside a SwiftProtobuf message is copied for every element.
import SwiftProtobuf

struct FileDraft {
  var dependency: [String] = []
  var publicDependency: [Int32] = []
  var weakDependency: [Int32] = []
  var optionDependency: [String] = []
  var messageType: [Google_Protobuf_DescriptorProto] = []
  var enumType: [Google_Protobuf_EnumDescriptorProto] = []
  var service: [Google_Protobuf_ServiceDescriptorProto] = []
  var `extension`: [Google_Protobuf_FieldDescriptorProto] = []
  var package: String?
  var hasOptions = false

  func descriptor(named name: String, _ edition: Edition) -> Google_Protobuf_FileDescriptorProto {
    var file = Google_Protobuf_FileDescriptorProto()
    file.name = name
    if let package { file.package = package }
    file.dependency = dependency
    file.publicDependency = publicDependency
    file.weakDependency = weakDependency
    file.optionDependency = optionDependency
    file.messageType = messageType
    file.enumType = enumType
    file.service = service
    file.extension = self.extension
    if hasOptions { file.options = .init() }
    switch edition {
    case .proto2: break  // the default
    case .proto3: file.syntax = "proto3"
    case .edition2023, .edition2024:
      file.syntax = "editions"
      if let edition = Google_Protobuf_Edition(rawValue: edition.rawValue) { file.edition = edition }
    }
    return file
  }
}

struct MessageDraft {
  var field: [Google_Protobuf_FieldDescriptorProto] = []
  var `extension`: [Google_Protobuf_FieldDescriptorProto] = []
  var nestedType: [Google_Protobuf_DescriptorProto] = []
  var enumType: [Google_Protobuf_EnumDescriptorProto] = []
  var oneofDecl: [Google_Protobuf_OneofDescriptorProto] = []
  var extensionRange: [Google_Protobuf_DescriptorProto.ExtensionRange] = []
  var reservedRange: [Google_Protobuf_DescriptorProto.ReservedRange] = []
  var reservedName: [String] = []
  var hasOptions = false

  func descriptor(named name: String, _ visibility: Visibility?) -> Google_Protobuf_DescriptorProto {
    var message = Google_Protobuf_DescriptorProto()
    message.name = name
    message.field = field
    message.extension = self.extension
    message.nestedType = nestedType
    message.enumType = enumType
    message.oneofDecl = oneofDecl
    message.extensionRange = extensionRange
    message.reservedRange = reservedRange
    message.reservedName = reservedName
    if hasOptions { message.options = .init() }
    if let visibility { message.visibility = visibility }
    return message
  }
}

struct EnumDraft {
  var value: [Google_Protobuf_EnumValueDescriptorProto] = []
  var reservedRange: [Google_Protobuf_EnumDescriptorProto.EnumReservedRange] = []
  var reservedName: [String] = []
  var hasOptions = false

  func descriptor(named name: String, _ visibility: Visibility?) -> Google_Protobuf_EnumDescriptorProto {
    var enumeration = Google_Protobuf_EnumDescriptorProto()
    enumeration.name = name
    enumeration.value = value
    enumeration.reservedRange = reservedRange
    enumeration.reservedName = reservedName
    if hasOptions { enumeration.options = .init() }
    if let visibility { enumeration.visibility = visibility }
    return enumeration
  }
}
