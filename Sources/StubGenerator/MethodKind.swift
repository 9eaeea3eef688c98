// The four kinds of method, by their names in the runtime.
import SwiftProtobufPluginLibrary

enum MethodKind: String {
  case unary, clientStreaming, serverStreaming, bidirectional

  init(_ method: MethodDescriptor) {
    self =
      switch (method.clientStreaming, method.serverStreaming) {
      case (false, false): .unary
      case (true, false): .clientStreaming
      case (false, true): .serverStreaming
      case (true, true): .bidirectional
      }
  }
}
