// A service as its schema declares it. Nothing that carries calls needs it: it is there to be shown by reflection.

/// Names a service, and holds its schema in serialized form. Generated stubs hold one for each service.
public struct ServiceDescriptor: Sendable {
  /// The full name of the service, such as `echo.v1.Echo`.
  public let name: String
  /// The schema file that declares the service, as imports name it.
  public let file: String
  private let serializedSchema: String

  /// - Parameter serializedSchema: the file and all that it imports, each behind those that it imports itself: a
  ///   serialized `google.protobuf.FileDescriptorSet`, as base64.
  public init(name: String, file: String, serializedSchema: String) {
    self.name = name
    self.file = file
    self.serializedSchema = serializedSchema
  }

  /// The file and all that it imports: a serialized `google.protobuf.FileDescriptorSet`, without comments. Empty if
  /// what it was made of is no base64. Decoded at each call.
  public var fileDescriptorSet: [UInt8] { Base64.decode(serializedSchema.utf8) ?? [] }
}
