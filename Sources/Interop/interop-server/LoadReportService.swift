// Reports the server's load to all subscribers.
import Freshet
import ORCAStubs

struct LoadReportService: Xds_Service_Orca_V3_OpenRcaService.Service {
  let load: ServerLoad

  func streamCoreMetrics(
    _ request: Xds_Service_Orca_V3_OrcaLoadReportRequest, context: ServerContext
  ) -> MessageStream<Xds_Data_Orca_V3_OrcaLoadReport> {
    MessageStream { yield in
      while true {
        try await yield(load.report.reduced(toCosts: request.requestCostNames))
        try await Task.sleep(for: request.interval)  // until the client cancels
      }
    }
  }
}

extension Xds_Service_Orca_V3_OrcaLoadReportRequest {
  /// The requested interval, within reason: reports must not be a load of their own.
  fileprivate var interval: Duration {
    let wanted = Duration.seconds(reportInterval.seconds) + .nanoseconds(Int64(reportInterval.nanos))
    return min(max(wanted, .milliseconds(100)), .seconds(3600))
  }
}

extension Xds_Data_Orca_V3_OrcaLoadReport {
  /// With only these request costs; no names mean all.
  fileprivate func reduced(toCosts names: [String]) -> Self {
    if names.isEmpty { return self }
    var report = self
    report.requestCost = requestCost.filter { names.contains($0.key) }
    return report
  }
}
