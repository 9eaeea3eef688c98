// Recognises paged methods, which are also generated as streams.
import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// A unary method whose request has `int32 page_size` and `string page_token`, and whose response has
/// `string next_page_token` and a repeated message field, its items.
struct PagedMethod {
  let method: MethodDescriptor
  /// The repeated message field.
  let items: FieldDescriptor
  let pageToken: FieldDescriptor
  let nextPageToken: FieldDescriptor

  /// Nil if the method is not paged.
  /// - Throws: `Failure` if the method has page tokens, but the field with the items is ambiguous.
  init?(_ method: MethodDescriptor) throws(StubFileGenerator.Failure) {
    guard !method.clientStreaming, !method.serverStreaming,
      Self.field("page_size", .int32, of: method.inputType) != nil,
      let pageToken = Self.field("page_token", .string, of: method.inputType),
      let nextPageToken = Self.field("next_page_token", .string, of: method.outputType)
    else { return nil }
    let lists = method.outputType.fields.filter { $0.isRepeated && !$0.isMap && $0.type == .message }
    guard let items = lists.first, let lowest = lists.min(by: { $0.number < $1.number }) else { return nil }
    guard items.number == lowest.number else {
      throw StubFileGenerator.Failure(
        description:
          "\(method.file.name): “\(method.fullName)” is paged, and the items of a page are the first repeated "
          + "message field; but of “\(method.outputType.fullName)” the first by order is “\(items.name)” "
          + "(\(items.number)) and the first by number is “\(lowest.name)” (\(lowest.number))")
    }
    self.method = method
    self.items = items
    self.pageToken = pageToken
    self.nextPageToken = nextPageToken
  }

  private static func field(
    _ name: String, _ type: Google_Protobuf_FieldDescriptorProto.TypeEnum, of message: Descriptor
  ) -> FieldDescriptor? {
    message.fields.first { $0.name == name && $0.type == type && !$0.isRepeated }
  }
}
