// A load made up by a test, in the form that load balancers read.
package import GRPCTestingStubs
package import ORCAStubs

extension Xds_Data_Orca_V3_OrcaLoadReport {
  package init(_ report: Grpc_Testing_TestOrcaReport) {
    self.init()
    cpuUtilization = report.cpuUtilization
    memUtilization = report.memoryUtilization
    requestCost = report.requestCost
    utilization = report.utilization
  }
}
