// A test's made-up load, in the format of load balancers.
#pragma once

#include "grpc/testing/messages.pb.h"
#include "xds/data/orca/v3/orca_load_report.pb.h"

inline xds::data::orca::v3::OrcaLoadReport LoadReport(const grpc::testing::TestOrcaReport& made_up) {
  xds::data::orca::v3::OrcaLoadReport report;
  report.set_cpu_utilization(made_up.cpu_utilization());
  report.set_mem_utilization(made_up.memory_utilization());
  *report.mutable_request_cost() = made_up.request_cost();
  *report.mutable_utilization() = made_up.utilization();
  return report;
}
