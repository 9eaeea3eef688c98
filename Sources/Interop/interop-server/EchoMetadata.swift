// Echoes clients' metadata, so that they can check that it arrives.
import Freshet
import InteropSupport

struct EchoMetadata: ServerInterceptor {
  func intercept(_ context: ServerContext, next: Next) async throws {
    for text in context.metadata.strings(for: MetadataKeys.echoedInitially) {
      context.responseMetadata.add(text, for: MetadataKeys.echoedInitially)
    }
    for bytes in context.metadata.binaries(for: MetadataKeys.echoedInTrailers) {
      context.responseTrailers.add(binary: bytes, for: MetadataKeys.echoedInTrailers)
    }
    try await next(context)
  }
}
