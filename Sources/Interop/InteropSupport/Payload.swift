// The payloads of the interoperability tests: only their size matters.
import Foundation
import Freshet
package import GRPCTestingStubs

extension Grpc_Testing_Payload {
  /// This many zeros.
  package static func zeros(_ count: Int) -> Grpc_Testing_Payload {
    .with { $0.body = Data(count: count) }
  }
}
