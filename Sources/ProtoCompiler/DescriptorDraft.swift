// Descriptors under construction: a list that grows inside a SwiftProtobuf message is copied with every element.
import SwiftProtobuf

struct MessageDraft {
  var field: [Google_Protobuf_FieldDescriptorProto] = []
  var nestedType: [Google_Protobuf_DescriptorProto] = []
  var enumType: [Google_Protobuf_EnumDescriptorProto] = []
  var oneofDecl: [Google_Protobuf_OneofDescriptorProto] = []
  var reservedRange: [Google_Protobuf_DescriptorProto.ReservedRange] = []
  var reservedName: [String] = []
  var options: [Google_Protobuf_UninterpretedOption] = []

  func descriptor(named name: String) -> Google_Protobuf_DescriptorProto {
    .with {
      $0.name = name
      $0.field = field
      $0.nestedType = nestedType
      $0.enumType = enumType
      $0.oneofDecl = oneofDecl
      $0.reservedRange = reservedRange
      $0.reservedName = reservedName
      if !options.isEmpty { $0.options.uninterpretedOption = options }
    }
  }
}

struct EnumDraft {
  var value: [Google_Protobuf_EnumValueDescriptorProto] = []
  var reservedRange: [Google_Protobuf_EnumDescriptorProto.EnumReservedRange] = []
  var reservedName: [String] = []
  var options: [Google_Protobuf_UninterpretedOption] = []

  func descriptor(named name: String) -> Google_Protobuf_EnumDescriptorProto {
    .with {
      $0.name = name
      $0.value = value
      $0.reservedRange = reservedRange
      $0.reservedName = reservedName
      if !options.isEmpty { $0.options.uninterpretedOption = options }
    }
  }
}
