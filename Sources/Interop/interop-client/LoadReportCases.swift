// The load reported by a server, per call and out of band.
import Freshet
import GRPCTestingStubs
import InteropSupport
import ORCAStubs

extension Session {
  func orcaPerRPC() async throws {
    let wanted = Grpc_Testing_TestOrcaReport.with {
      $0.cpuUtilization = 0.8210
      $0.memoryUtilization = 0.5847
      $0.requestCost = ["cost": 3456.32]
      $0.utilization = ["util": 0.30499]
    }
    let response: Response<Grpc_Testing_SimpleResponse> = try await service.unaryCall(
      .with { $0.orcaPerQueryReport = wanted })
    let reports = try response.trailers.binaries(for: MetadataKeys.loadReport).map {
      try Xds_Data_Orca_V3_OrcaLoadReport(serializedBytes: $0)
    }
    try expect("the load reports in the trailers", reports, is: [Xds_Data_Orca_V3_OrcaLoadReport(wanted)])
  }

  func orcaOutOfBand() async throws {
    let listening = Xds_Service_Orca_V3_OpenRcaService.Client(channel).streamCoreMetrics(
      .with { $0.reportInterval = .with { $0.nanos = 100_000_000 } }, options: CallOptions(timeout: .seconds(60)))
    var reports = listening.makeAsyncIterator()
    let call = service.fullDuplexCall()
    var responses = call.responses.makeAsyncIterator()

    for wanted in Self.outOfBandReports {
      var request = Grpc_Testing_StreamingOutputCallRequest.sized(down: [1])
      request.orcaOobReport = wanted
      try await call.send(request)
      try expect("the size of the response", try await responses.next()?.payload.body.count, is: 1)
      try await expectReport(Xds_Data_Orca_V3_OrcaLoadReport(wanted), among: &reports)
    }
    call.finish()
    try expect("what follows the last response", try await responses.next(), is: nil)
  }

  private static let outOfBandReports: [Grpc_Testing_TestOrcaReport] = [
    .with {
      $0.cpuUtilization = 0.8210
      $0.memoryUtilization = 0.5847
      $0.utilization = ["util": 0.30499]
    },
    .with {
      $0.cpuUtilization = 0.29309
      $0.memoryUtilization = 0.2
      $0.utilization = ["util": 0.2039]
    },
  ]

  /// Earlier reports in flight may precede it.
  private func expectReport(
    _ wanted: Xds_Data_Orca_V3_OrcaLoadReport,
    among reports: inout ResponseStream<Xds_Data_Orca_V3_OrcaLoadReport>.AsyncIterator
  ) async throws {
    var latest: Xds_Data_Orca_V3_OrcaLoadReport?
    do {
      while let report = try await reports.next() {
        if report == wanted { return }
        latest = report
      }
    } catch {
      guard error.code == .deadlineExceeded else { throw error }
    }
    try expect("the load that is reported out of band", latest, is: wanted)
  }
}
