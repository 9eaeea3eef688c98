// The load that the server reports, per call or out of band.
import Freshet
import InteropSupport
import ORCAStubs
import Synchronization

/// The load that the server reports out of band. Thread-safe.
final class ServerLoad: Sendable {
  private let latest = Mutex(Xds_Data_Orca_V3_OrcaLoadReport())

  var report: Xds_Data_Orca_V3_OrcaLoadReport {
    get { latest.withLock { $0 } }
    set { latest.withLock { $0 = newValue } }
  }
}

extension ServerContext {
  /// Reports the load of one call, in its trailers.
  func reportLoad(_ report: Xds_Data_Orca_V3_OrcaLoadReport) throws {
    responseTrailers.add(binary: try report.serializedBytes(), for: MetadataKeys.loadReport)
  }
}
