// The bytes that the interoperability tests move: how many there are is all that counts.
import Foundation
import Freshet
package import GRPCTestingStubs

extension Grpc_Testing_Payload {
  /// As many zeros.
  package static func zeros(_ count: Int) -> Grpc_Testing_Payload {
    .with { $0.body = Data(count: count) }
  }
}
