// A service as declared by its schema, for reflection. Not used by calls.

/// A service's name and its serialized schema. Generated stubs have one per service.
public struct ServiceDescriptor: Sendable {
  /// The full name of the service, such as `echo.v1.Echo`.
  public let name: String
  /// The schema file that declares the service, as imports name it.
  public let file: String
  private let serializedSchema: String

  /// - Parameter serializedSchema: the file and everything it imports, each after its own imports: a serialized
  ///   `google.protobuf.FileDescriptorSet`, as base64.
  public init(name: String, file: String, serializedSchema: String) {
    self.name = name
    self.file = file
    self.serializedSchema = serializedSchema
  }

  /// The file and everything it imports: a serialized `google.protobuf.FileDescriptorSet`, without comments. Empty if
  /// the initializer was not given base64. Decoded on every access.
  public var fileDescriptorSet: [UInt8] { Base64.decode(serializedSchema.utf8) ?? [] }
}
