// The schema files that every compiler includes: names, numbers and types as defined by the protocol buffers project.

enum WellKnownFiles {
  static var names: [String] { (Array(texts.keys) + Array(others.keys)).map { "google/protobuf/\($0).proto" } }

  /// The text of `google/protobuf/….proto`, if it is one of these.
  static func text(of name: String) -> String? {
    guard name.hasPrefix("google/protobuf/"), name.hasSuffix(".proto") else { return nil }
    let base = String(name.dropFirst("google/protobuf/".count).dropLast(".proto".count))
    if let other = others[base] { return other }
    guard let file = texts[base] else { return nil }
    return """
      syntax = "proto3";
      package google.protobuf;
      \(file.imports.map { "import \"google/protobuf/\($0).proto\";" }.joined(separator: "\n"))
      option java_package = "com.google.protobuf";
      option java_outer_classname = "\(file.javaClass)";
      option java_multiple_files = true;
      option objc_class_prefix = "GPB";
      option csharp_namespace = "Google.Protobuf.WellKnownTypes";
      option go_package = "google.golang.org/protobuf/types/known/\(file.goPackage)";
      \(file.enablesArenas ? "option cc_enable_arenas = true;" : "")
      \(file.declarations)
      """
  }

  private static let others = [
    "descriptor": descriptorSchema, "compiler/plugin": pluginSchema, "cpp_features": cppFeaturesSchema,
    "java_features": javaFeaturesSchema, "go_features": goFeaturesSchema, "c_sharp_features": cSharpFeaturesSchema,
  ]

  private struct File {
    var javaClass: String
    var goPackage: String
    var enablesArenas = true
    var imports: [String] = []
    var declarations: String
  }

  private static let texts: [String: File] = [
    "any": File(
      javaClass: "AnyProto", goPackage: "anypb", enablesArenas: false,
      declarations: "message Any { string type_url = 1; bytes value = 2; }"),
    "api": File(
      javaClass: "ApiProto", goPackage: "apipb", enablesArenas: false, imports: ["source_context", "type"],
      declarations: """
        message Api {
          string name = 1;
          repeated Method methods = 2;
          repeated Option options = 3;
          string version = 4;
          SourceContext source_context = 5;
          repeated Mixin mixins = 6;
          Syntax syntax = 7;
        }
        message Method {
          string name = 1;
          string request_type_url = 2;
          bool request_streaming = 3;
          string response_type_url = 4;
          bool response_streaming = 5;
          repeated Option options = 6;
          Syntax syntax = 7;
        }
        message Mixin { string name = 1; string root = 2; }
        """),
    "duration": File(
      javaClass: "DurationProto", goPackage: "durationpb",
      declarations: "message Duration { int64 seconds = 1; int32 nanos = 2; }"),
    "empty": File(javaClass: "EmptyProto", goPackage: "emptypb", declarations: "message Empty {}"),
    "field_mask": File(
      javaClass: "FieldMaskProto", goPackage: "fieldmaskpb",
      declarations: "message FieldMask { repeated string paths = 1; }"),
    "source_context": File(
      javaClass: "SourceContextProto", goPackage: "sourcecontextpb", enablesArenas: false,
      declarations: "message SourceContext { string file_name = 1; }"),
    "struct": File(
      javaClass: "StructProto", goPackage: "structpb",
      declarations: """
        message Struct { map<string, Value> fields = 1; }
        message Value {
          oneof kind {
            NullValue null_value = 1;
            double number_value = 2;
            string string_value = 3;
            bool bool_value = 4;
            Struct struct_value = 5;
            ListValue list_value = 6;
          }
        }
        enum NullValue { NULL_VALUE = 0; }
        message ListValue { repeated Value values = 1; }
        """),
    "timestamp": File(
      javaClass: "TimestampProto", goPackage: "timestamppb",
      declarations: "message Timestamp { int64 seconds = 1; int32 nanos = 2; }"),
    "type": File(
      javaClass: "TypeProto", goPackage: "typepb", imports: ["any", "source_context"],
      declarations: """
        message Type {
          string name = 1;
          repeated Field fields = 2;
          repeated string oneofs = 3;
          repeated Option options = 4;
          SourceContext source_context = 5;
          Syntax syntax = 6;
        }
        message Field {
          enum Kind {
            TYPE_UNKNOWN = 0;
            TYPE_DOUBLE = 1;
            TYPE_FLOAT = 2;
            TYPE_INT64 = 3;
            TYPE_UINT64 = 4;
            TYPE_INT32 = 5;
            TYPE_FIXED64 = 6;
            TYPE_FIXED32 = 7;
            TYPE_BOOL = 8;
            TYPE_STRING = 9;
            TYPE_GROUP = 10;
            TYPE_MESSAGE = 11;
            TYPE_BYTES = 12;
            TYPE_UINT32 = 13;
            TYPE_ENUM = 14;
            TYPE_SFIXED32 = 15;
            TYPE_SFIXED64 = 16;
            TYPE_SINT32 = 17;
            TYPE_SINT64 = 18;
          }
          enum Cardinality {
            CARDINALITY_UNKNOWN = 0;
            CARDINALITY_OPTIONAL = 1;
            CARDINALITY_REQUIRED = 2;
            CARDINALITY_REPEATED = 3;
          }
          Kind kind = 1;
          Cardinality cardinality = 2;
          int32 number = 3;
          string name = 4;
          string type_url = 6;
          int32 oneof_index = 7;
          bool packed = 8;
          repeated Option options = 9;
          string json_name = 10;
          string default_value = 11;
        }
        message Enum {
          string name = 1;
          repeated EnumValue enumvalue = 2;
          repeated Option options = 3;
          SourceContext source_context = 4;
          Syntax syntax = 5;
        }
        message EnumValue { string name = 1; int32 number = 2; repeated Option options = 3; }
        message Option { string name = 1; Any value = 2; }
        enum Syntax { SYNTAX_PROTO2 = 0; SYNTAX_PROTO3 = 1; }
        """),
    "wrappers": File(
      javaClass: "WrappersProto", goPackage: "wrapperspb",
      declarations: """
        message DoubleValue { double value = 1; }
        message FloatValue { float value = 1; }
        message Int64Value { int64 value = 1; }
        message UInt64Value { uint64 value = 1; }
        message Int32Value { int32 value = 1; }
        message UInt32Value { uint32 value = 1; }
        message BoolValue { bool value = 1; }
        message StringValue { string value = 1; }
        message BytesValue { bytes value = 1; }
        """),
  ]
}
