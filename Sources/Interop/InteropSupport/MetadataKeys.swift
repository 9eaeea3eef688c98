// The keys that test clients and test servers have agreed on.

package enum MetadataKeys {
  /// Comes back as initial metadata.
  package static let echoedInitially = "x-grpc-test-echo-initial"
  /// Comes back as trailing metadata.
  package static let echoedInTrailers = "x-grpc-test-echo-trailing-bin"
  /// The load that one call reports: an `OrcaLoadReport` in its trailers.
  package static let loadReport = "endpoint-load-metrics-bin"
}
