// The server of gRPC's interoperability tests with gRPC C++: a peer for interop-client.
// Prints its address, and exits when its standard input closes.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "flags.h"
#include "grpc/testing/test.grpc.pb.h"
#include "load_report.h"
#include "was_compressed.h"
#include "xds/service/orca/v3/orca.grpc.pb.h"

using namespace grpc::testing;
using grpc::ServerContext;
using grpc::ServerReader;
using grpc::ServerReaderWriter;
using grpc::ServerWriter;
using grpc::Status;
using grpc::StatusCode;
using xds::data::orca::v3::OrcaLoadReport;
using xds::service::orca::v3::OpenRcaService;
using xds::service::orca::v3::OrcaLoadReportRequest;

namespace {

/// The load for out-of-band reports.
class Load {
 public:
  OrcaLoadReport Get() {
    std::lock_guard<std::mutex> lock(mutex_);
    return report_;
  }
  void Set(const TestOrcaReport& report) {
    std::lock_guard<std::mutex> lock(mutex_);
    report_ = LoadReport(report);
  }

 private:
  std::mutex mutex_;
  OrcaLoadReport report_;
};

std::string Zeros(int count) { return std::string(std::max(count, 0), '\0'); }

Status Wanted(const EchoStatus& status) { return Status(static_cast<StatusCode>(status.code()), status.message()); }

void EchoMetadata(ServerContext* context) {
  auto& metadata = context->client_metadata();
  auto initial = metadata.equal_range("x-grpc-test-echo-initial");
  for (auto it = initial.first; it != initial.second; ++it)
    context->AddInitialMetadata("x-grpc-test-echo-initial", std::string(it->second.data(), it->second.size()));
  auto trailing = metadata.equal_range("x-grpc-test-echo-trailing-bin");
  for (auto it = trailing.first; it != trailing.second; ++it)
    context->AddTrailingMetadata("x-grpc-test-echo-trailing-bin", std::string(it->second.data(), it->second.size()));
}

template <typename Request>
bool CameAsItSays(const ServerContext& context, const Request& request) {
  if (!request.has_expect_compressed()) return true;
  return InteropServerContextInspector::WasCompressed(context) == request.expect_compressed().value();
}

const Status kNotAsItSays(StatusCode::INVALID_ARGUMENT, "the request is not compressed as it says");

class TestServiceOfCpp final : public TestService::Service {
 public:
  explicit TestServiceOfCpp(Load* load) : load_(load) {}

  Status EmptyCall(ServerContext* context, const Empty*, Empty*) override {
    EchoMetadata(context);
    return Status::OK;
  }

  Status UnaryCall(ServerContext* context, const SimpleRequest* request, SimpleResponse* response) override {
    EchoMetadata(context);
    if (!CameAsItSays(*context, *request)) return kNotAsItSays;
    if (request->has_orca_per_query_report())
      context->AddTrailingMetadata(
          "endpoint-load-metrics-bin", LoadReport(request->orca_per_query_report()).SerializeAsString());
    if (request->response_status().code() != 0) return Wanted(request->response_status());
    if (request->response_compressed().value()) context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    response->mutable_payload()->set_body(Zeros(request->response_size()));
    return Status::OK;
  }

  Status CacheableUnaryCall(ServerContext* context, const SimpleRequest* request, SimpleResponse* response) override {
    context->AddInitialMetadata("cache-control", "max-age=60, public");
    auto now = std::chrono::system_clock::now().time_since_epoch();
    response->mutable_payload()->set_body(
        std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
    return Status::OK;
  }

  Status StreamingOutputCall(
      ServerContext* context, const StreamingOutputCallRequest* request,
      ServerWriter<StreamingOutputCallResponse>* writer) override {
    EchoMetadata(context);
    return Answer(context, *request, writer);
  }

  Status StreamingInputCall(
      ServerContext* context, ServerReader<StreamingInputCallRequest>* reader,
      StreamingInputCallResponse* response) override {
    EchoMetadata(context);
    StreamingInputCallRequest request;
    int size = 0;
    while (reader->Read(&request)) {
      if (!CameAsItSays(*context, request)) return kNotAsItSays;
      size += request.payload().body().size();
    }
    response->set_aggregated_payload_size(size);
    return Status::OK;
  }

  Status FullDuplexCall(
      ServerContext* context,
      ServerReaderWriter<StreamingOutputCallResponse, StreamingOutputCallRequest>* stream) override {
    EchoMetadata(context);
    StreamingOutputCallRequest request;
    while (stream->Read(&request)) {
      Status status = Answer(context, request, stream);
      if (!status.ok()) return status;
    }
    return Status::OK;
  }

  Status HalfDuplexCall(
      ServerContext* context,
      ServerReaderWriter<StreamingOutputCallResponse, StreamingOutputCallRequest>* stream) override {
    EchoMetadata(context);
    std::vector<StreamingOutputCallRequest> requests;
    StreamingOutputCallRequest request;
    while (stream->Read(&request)) requests.push_back(request);
    for (auto& each : requests) {
      Status status = Answer(context, each, stream);
      if (!status.ok()) return status;
    }
    return Status::OK;
  }

 private:
  template <typename Writer>
  Status Answer(ServerContext* context, const StreamingOutputCallRequest& request, Writer* writer) {
    if (request.has_orca_oob_report()) load_->Set(request.orca_oob_report());
    if (request.response_status().code() != 0) return Wanted(request.response_status());
    auto& all = request.response_parameters();
    if (std::any_of(all.begin(), all.end(), [](auto& each) { return each.compressed().value(); }))
      context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    for (auto& parameters : all) {
      std::this_thread::sleep_for(std::chrono::microseconds(parameters.interval_us()));
      StreamingOutputCallResponse response;
      response.mutable_payload()->set_body(Zeros(parameters.size()));
      grpc::WriteOptions options;
      if (!parameters.compressed().value()) options.set_no_compression();
      if (!writer->Write(response, options)) return Status::CANCELLED;
    }
    return Status::OK;
  }

  Load* const load_;
};

class LoadReportServiceOfCpp final : public OpenRcaService::Service {
 public:
  explicit LoadReportServiceOfCpp(Load* load) : load_(load) {}

  Status StreamCoreMetrics(
      ServerContext* context, const OrcaLoadReportRequest* request, ServerWriter<OrcaLoadReport>* writer) override {
    long wanted = request->report_interval().seconds() * 1000 + request->report_interval().nanos() / 1'000'000;
    auto interval = std::chrono::milliseconds(std::clamp(wanted, 100L, 10'000L));
    while (!context->IsCancelled() && writer->Write(load_->Get())) std::this_thread::sleep_for(interval);
    return Status::OK;
  }

 private:
  Load* const load_;
};

std::shared_ptr<grpc::ServerCredentials> Credentials(const Flags& flags) {
  if (!flags.IsSet("use_tls")) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({flags.File("tls_key_file"), flags.File("tls_cert_file")});
  return grpc::SslServerCredentials(options);
}

}  // namespace

int main(int count, char** words) {
  Flags flags(count, words);
  Load load;
  TestServiceOfCpp test_service(&load);
  LoadReportServiceOfCpp load_report_service(&load);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + flags.Text("port", "0"), Credentials(flags), &port);
  builder.RegisterService(&test_service);
  builder.RegisterService(&load_report_service);
  auto server = builder.BuildAndStart();
  if (!server || port == 0) {
    std::cerr << "cannot listen on port " << flags.Text("port", "0") << std::endl;
    return 1;
  }
  std::cout << "gRPC C++ " << grpc::Version() << ": listening on 127.0.0.1:" << port << std::endl;
  while (std::cin.get() != EOF) {
  }
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(500));
}
