// The requests of the cases.
import Freshet
import GRPCTestingStubs
import InteropSupport

extension Grpc_Testing_SimpleRequest {
  /// With a payload of this size, requesting a response of that size.
  static func sized(up: Int, down: Int) -> Self {
    .with {
      $0.responseSize = Int32(down)
      $0.payload = .zeros(up)
    }
  }
}

extension Grpc_Testing_StreamingInputCallRequest {
  static func sized(_ bytes: Int) -> Self {
    .with { $0.payload = .zeros(bytes) }
  }
}

extension Grpc_Testing_StreamingOutputCallRequest {
  /// With a payload of this size, requesting a response of each size.
  static func sized(up: Int = 0, down: [Int]) -> Self {
    .with {
      $0.responseParameters = down.map { bytes in .with { $0.size = Int32(bytes) } }
      if up > 0 { $0.payload = .zeros(up) }
    }
  }
}

extension Grpc_Testing_BoolValue {
  init(_ value: Bool) {
    self.init()
    self.value = value
  }
}

extension Grpc_Testing_EchoStatus {
  init(_ code: Status.Code, _ message: String) {
    self.init()
    self.code = Int32(code.rawValue)
    self.message = message
  }
}
