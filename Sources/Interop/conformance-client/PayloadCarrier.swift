// The common part of all responses, and errors in the runner's form.
import ConformanceStubs
import ConformanceSupport
import Freshet
import FreshetErrorDetails
import SwiftProtobuf

protocol PayloadCarrier: SwiftProtobuf.Message {
  var payload: ConformancePayload { get }
}

extension UnaryResponse: PayloadCarrier {}
extension IdempotentUnaryResponse: PayloadCarrier {}
extension ServerStreamResponse: PayloadCarrier {}
extension ClientStreamResponse: PayloadCarrier {}
extension BidiStreamResponse: PayloadCarrier {}
extension UnimplementedResponse: PayloadCarrier {
  var payload: ConformancePayload { ConformancePayload() }
}

extension ErrorDefinition {
  init(_ error: RPCError) {
    self.init()
    code = .init(rawValue: error.code.rawValue) ?? .unknown
    message = error.message
    details = error.packedDetails
  }
}
