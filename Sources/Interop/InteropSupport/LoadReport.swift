// The load that a test makes up, as load balancers read it.
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
