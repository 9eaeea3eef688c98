// The metadata keys shared by test clients and test servers.

package enum MetadataKeys {
  /// Echoed as initial metadata.
  package static let echoedInitially = "x-grpc-test-echo-initial"
  /// Echoed as trailing metadata.
  package static let echoedInTrailers = "x-grpc-test-echo-trailing-bin"
  /// The load that one call reports: an `OrcaLoadReport` in its trailers.
  package static let loadReport = "endpoint-load-metrics-bin"
}
