// One case of gRPC's interoperability tests with gRPC C++: a peer for interop-server.
// Exits with 0 on success; otherwise prints expected and actual values.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "flags.h"
#include "grpc/testing/test.grpc.pb.h"
#include "load_report.h"
#include "was_compressed.h"
#include "xds/service/orca/v3/orca.grpc.pb.h"

using namespace grpc::testing;
using grpc::ClientContext;
using grpc::Status;
using grpc::StatusCode;
using xds::data::orca::v3::OrcaLoadReport;
using xds::service::orca::v3::OpenRcaService;
using xds::service::orca::v3::OrcaLoadReportRequest;
using Clock = std::chrono::steady_clock;

namespace {

template <typename Came, typename Expected>
void Expect(const std::string& what, const Came& came, const Expected& expected) {
  if (came == expected) return;
  std::ostringstream text;
  text << std::boolalpha;
  text << what << ": expected " << expected << ", but " << came << " came";
  throw std::runtime_error(text.str());
}

void ExpectCode(const std::string& what, const Status& status, StatusCode expected) {
  if (status.error_code() == expected) return;
  Expect(what + ": the status (" + status.error_message() + ")", status.error_code(), expected);
}

void ExpectOK(const std::string& what, const Status& status) { ExpectCode(what, status, StatusCode::OK); }

void ExpectStatus(const std::string& what, const Status& status, StatusCode code, const std::string& message) {
  ExpectCode(what, status, code);
  Expect(what + ": the status message", status.error_message(), message);
}

/// A stream that ends early has a status with the reason.
template <typename Stream>
void ExpectGoesOn(const std::string& what, bool goes_on, Stream& stream) {
  if (goes_on) return;
  Status status = stream->Finish();
  std::ostringstream came;
  came << "the end of the call, " << status.error_code() << " (" << status.error_message() << ")";
  Expect("the stream", came.str(), what);
}

std::string Zeros(size_t count) { return std::string(count, '\0'); }

SimpleRequest Sized(int up, int down) {
  SimpleRequest request;
  request.set_response_size(down);
  request.mutable_payload()->set_body(Zeros(up));
  return request;
}

StreamingOutputCallRequest Answered(int up, const std::vector<int>& down) {
  StreamingOutputCallRequest request;
  for (int size : down) request.add_response_parameters()->set_size(size);
  if (up > 0) request.mutable_payload()->set_body(Zeros(up));
  return request;
}

std::string Joined(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata, const std::string& key) {
  std::string all;
  auto range = metadata.equal_range(key);
  for (auto it = range.first; it != range.second; ++it) {
    if (!all.empty()) all += ",";
    all += std::string(it->second.data(), it->second.size());
  }
  return all;
}

class Session {
 public:
  explicit Session(const Flags& flags) : flags_(flags), channel_(Channel()), stub_(TestService::NewStub(channel_)) {}

  void EmptyUnary() {
    ClientContext context;
    Empty response;
    ExpectOK("the call", stub_->EmptyCall(&context, Empty(), &response));
  }

  void LargeUnary() {
    ClientContext context;
    SimpleResponse response;
    ExpectOK("the call", stub_->UnaryCall(&context, Sized(271828, 314159), &response));
    Expect("the size of the response", response.payload().body().size(), 314159u);
  }

  void CacheableUnary() {
    SimpleRequest request;
    request.mutable_payload()->set_body(std::to_string(Clock::now().time_since_epoch().count()));
    // A server answers with its time: equal answers come from a cache, which may not exist.
    for (int i = 0; i < 2; i++) {
      SimpleResponse response;
      ClientContext context;
      context.AddMetadata("x-user-ip", "1.2.3.4");
      ExpectOK("the call", stub_->CacheableUnaryCall(&context, request, &response));
      std::string control = Joined(context.GetServerInitialMetadata(), "cache-control");
      Expect("whether “" + control + "” allows caches", control.find("max-age=") != std::string::npos, true);
      Expect("whether the response is empty", response.payload().body().empty(), false);
    }
  }

  void ClientCompressedUnary() {
    SimpleRequest request = Sized(271828, 314159);
    request.mutable_expect_compressed()->set_value(true);
    SimpleResponse response;
    ClientContext probe;
    ExpectCode("the probe", stub_->UnaryCall(&probe, request, &response), StatusCode::INVALID_ARGUMENT);
    for (bool compressed : {true, false}) {
      ClientContext context;
      if (compressed) context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
      request.mutable_expect_compressed()->set_value(compressed);
      ExpectOK(compressed ? "compressed" : "not compressed", stub_->UnaryCall(&context, request, &response));
      Expect("the size of the response", response.payload().body().size(), 314159u);
    }
  }

  void ServerCompressedUnary() {
    for (bool compressed : {true, false}) {
      SimpleRequest request = Sized(271828, 314159);
      request.mutable_response_compressed()->set_value(compressed);
      ClientContext context;
      SimpleResponse response;
      ExpectOK("the call", stub_->UnaryCall(&context, request, &response));
      Expect("whether the response is compressed", InteropClientContextInspector::WasCompressed(context), compressed);
      Expect("the size of the response", response.payload().body().size(), 314159u);
    }
  }

  void ClientStreaming() {
    ClientContext context;
    StreamingInputCallResponse response;
    auto stream = stub_->StreamingInputCall(&context, &response);
    for (int size : {27182, 8, 1828, 45904}) {
      StreamingInputCallRequest request;
      request.mutable_payload()->set_body(Zeros(size));
      ExpectGoesOn("room for a request", stream->Write(request), stream);
    }
    stream->WritesDone();
    ExpectOK("the call", stream->Finish());
    Expect("the size of all requests", response.aggregated_payload_size(), 74922);
  }

  void ClientCompressedStreaming() {
    StreamingInputCallRequest compressed, plain;
    compressed.mutable_payload()->set_body(Zeros(27182));
    compressed.mutable_expect_compressed()->set_value(true);
    plain.mutable_payload()->set_body(Zeros(45904));
    plain.mutable_expect_compressed()->set_value(false);
    StreamingInputCallResponse response;
    {
      ClientContext probe;
      auto stream = stub_->StreamingInputCall(&probe, &response);
      stream->Write(compressed);
      stream->WritesDone();
      ExpectCode("the probe", stream->Finish(), StatusCode::INVALID_ARGUMENT);
    }
    ClientContext context;
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    auto stream = stub_->StreamingInputCall(&context, &response);
    grpc::WriteOptions uncompressed;
    uncompressed.set_no_compression();
    ExpectGoesOn("room for the compressed request", stream->Write(compressed), stream);
    ExpectGoesOn("room for the other request", stream->Write(plain, uncompressed), stream);
    stream->WritesDone();
    ExpectOK("the call", stream->Finish());
    Expect("the size of all requests", response.aggregated_payload_size(), 73086);
  }

  void ServerStreaming() {
    std::vector<int> sizes = {31415, 9, 2653, 58979};
    ClientContext context;
    auto stream = stub_->StreamingOutputCall(&context, Answered(0, sizes));
    StreamingOutputCallResponse response;
    for (int size : sizes) {
      ExpectGoesOn("a response", stream->Read(&response), stream);
      Expect("the size of the response", response.payload().body().size(), size_t(size));
    }
    Expect("whether there is one response more", stream->Read(&response), false);
    ExpectOK("the call", stream->Finish());
  }

  void ServerCompressedStreaming() {
    StreamingOutputCallRequest request = Answered(0, {31415, 92653});
    request.mutable_response_parameters(0)->mutable_compressed()->set_value(true);
    request.mutable_response_parameters(1)->mutable_compressed()->set_value(false);
    ClientContext context;
    auto stream = stub_->StreamingOutputCall(&context, request);
    StreamingOutputCallResponse response;
    for (auto& parameters : request.response_parameters()) {
      ExpectGoesOn("a response", stream->Read(&response), stream);
      Expect("the size of the response", response.payload().body().size(), size_t(parameters.size()));
      Expect(
          "whether the response is compressed", InteropClientContextInspector::WasCompressed(context),
          parameters.compressed().value());
    }
    Expect("whether there is one response more", stream->Read(&response), false);
    ExpectOK("the call", stream->Finish());
  }

  void PingPong() {
    ClientContext context;
    auto stream = stub_->FullDuplexCall(&context);
    StreamingOutputCallResponse response;
    std::pair<int, int> pairs[] = {{27182, 31415}, {8, 9}, {1828, 2653}, {45904, 58979}};
    for (auto [up, down] : pairs) {
      ExpectGoesOn("room for a request", stream->Write(Answered(up, {down})), stream);
      ExpectGoesOn("a response", stream->Read(&response), stream);
      Expect("the size of the response", response.payload().body().size(), size_t(down));
    }
    stream->WritesDone();
    Expect("whether there is one response more", stream->Read(&response), false);
    ExpectOK("the call", stream->Finish());
  }

  void EmptyStream() {
    ClientContext context;
    auto stream = stub_->FullDuplexCall(&context);
    stream->WritesDone();
    StreamingOutputCallResponse response;
    Expect("whether there is a response", stream->Read(&response), false);
    ExpectOK("the call", stream->Finish());
  }

  void CustomMetadata() {
    {
      ClientContext context;
      SimpleResponse response;
      AddMetadata(&context);
      ExpectOK("the unary call", stub_->UnaryCall(&context, Sized(271828, 314159), &response));
      ExpectEcho("the unary call", context);
    }
    ClientContext context;
    AddMetadata(&context);
    auto stream = stub_->FullDuplexCall(&context);
    StreamingOutputCallResponse response;
    stream->Write(Answered(271828, {314159}));
    stream->WritesDone();
    ExpectGoesOn("a response", stream->Read(&response), stream);
    Expect("the size of the response", response.payload().body().size(), 314159u);
    Expect("whether there is one response more", stream->Read(&response), false);
    ExpectOK("the bidirectional call", stream->Finish());
    ExpectEcho("the bidirectional call", context);
  }

  void StatusCodeAndMessage() {
    {
      ClientContext context;
      SimpleRequest request;
      SimpleResponse response;
      request.mutable_response_status()->set_code(2);
      request.mutable_response_status()->set_message("test status message");
      Status status = stub_->UnaryCall(&context, request, &response);
      ExpectStatus("the unary call", status, StatusCode::UNKNOWN, "test status message");
    }
    ClientContext context;
    auto stream = stub_->FullDuplexCall(&context);
    StreamingOutputCallRequest request;
    request.mutable_response_status()->set_code(2);
    request.mutable_response_status()->set_message("test status message");
    stream->Write(request);
    stream->WritesDone();
    StreamingOutputCallResponse response;
    Expect("whether there is a response", stream->Read(&response), false);
    ExpectStatus("the bidirectional call", stream->Finish(), StatusCode::UNKNOWN, "test status message");
  }

  void SpecialStatusMessage() {
    const std::string message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    ClientContext context;
    SimpleRequest request;
    SimpleResponse response;
    request.mutable_response_status()->set_code(2);
    request.mutable_response_status()->set_message(message);
    ExpectStatus("the call", stub_->UnaryCall(&context, request, &response), StatusCode::UNKNOWN, message);
  }

  void UnimplementedMethod() {
    ClientContext context;
    Empty response;
    ExpectCode("the call", stub_->UnimplementedCall(&context, Empty(), &response), StatusCode::UNIMPLEMENTED);
  }

  void UnimplementedService_() {
    auto stub = UnimplementedService::NewStub(channel_);
    ClientContext context;
    Empty response;
    ExpectCode("the call", stub->UnimplementedCall(&context, Empty(), &response), StatusCode::UNIMPLEMENTED);
  }

  void CancelAfterBegin() {
    ClientContext context;
    StreamingInputCallResponse response;
    auto stream = stub_->StreamingInputCall(&context, &response);
    context.TryCancel();
    ExpectCode("the call", stream->Finish(), StatusCode::CANCELLED);
  }

  void CancelAfterFirstResponse() {
    ClientContext context;
    auto stream = stub_->FullDuplexCall(&context);
    StreamingOutputCallResponse response;
    stream->Write(Answered(27182, {31415}));
    ExpectGoesOn("a response", stream->Read(&response), stream);
    Expect("the size of the response", response.payload().body().size(), 31415u);
    context.TryCancel();
    ExpectCode("the call", stream->Finish(), StatusCode::CANCELLED);
  }

  void TimeoutOnSleepingServer() {
    ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1));
    auto stream = stub_->FullDuplexCall(&context);
    stream->Write(Answered(27182, {}));
    StreamingOutputCallResponse response;
    Expect("whether there is a response", stream->Read(&response), false);
    ExpectCode("the call", stream->Finish(), StatusCode::DEADLINE_EXCEEDED);
  }

  void RpcSoak() {
    Soak([this](ClientContext* context) { LargeCall(stub_.get(), context); });
  }

  void ChannelSoak() {
    Soak([this](ClientContext* context) { LargeCall(TestService::NewStub(Channel()).get(), context); });
  }

  void OrcaOutOfBand() {
    ClientContext listening;
    listening.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    OrcaLoadReportRequest interval;
    interval.mutable_report_interval()->set_nanos(100'000'000);
    auto reports = OpenRcaService::NewStub(channel_)->StreamCoreMetrics(&listening, interval);

    ClientContext context;
    auto stream = stub_->FullDuplexCall(&context);
    StreamingOutputCallResponse response;
    double loads[][3] = {{0.8210, 0.5847, 0.30499}, {0.29309, 0.2, 0.2039}};
    for (auto& load : loads) {
      StreamingOutputCallRequest request = Answered(0, {1});
      auto wanted = request.mutable_orca_oob_report();
      wanted->set_cpu_utilization(load[0]);
      wanted->set_memory_utilization(load[1]);
      (*wanted->mutable_utilization())["util"] = load[2];
      stream->Write(request);
      ExpectGoesOn("a response", stream->Read(&response), stream);
      ExpectReport(reports.get(), LoadReport(*wanted).DebugString());
    }
    stream->WritesDone();
    ExpectOK("the call", stream->Finish());
    listening.TryCancel();
    reports->Finish();
  }

 private:
  std::shared_ptr<grpc::Channel> Channel() {
    grpc::ChannelArguments arguments;
    // Channels with equal arguments share a connection; a new channel needs a new one.
    arguments.SetInt("grpc.use_local_subchannel_pool", 1);
    std::string name = flags_.Text("server_host_override");
    bool secure = flags_.IsSet("use_tls");
    if (secure && !name.empty()) arguments.SetSslTargetNameOverride(name);
    grpc::SslCredentialsOptions options;
    if (secure && flags_.IsSet("use_test_ca")) options.pem_root_certs = flags_.File("ca_file");
    auto credentials = secure ? grpc::SslCredentials(options) : grpc::InsecureChannelCredentials();
    std::string target = flags_.Text("server_host", "localhost") + ":" + flags_.Text("server_port");
    return grpc::CreateCustomChannel(target, credentials, arguments);
  }

  static void AddMetadata(ClientContext* context) {
    context->AddMetadata("x-grpc-test-echo-initial", "test_initial_metadata_value");
    context->AddMetadata("x-grpc-test-echo-trailing-bin", "\xab\xab\xab");
  }

  static void ExpectEcho(const std::string& call, const ClientContext& context) {
    Expect(
        "the initial metadata of " + call, Joined(context.GetServerInitialMetadata(), "x-grpc-test-echo-initial"),
        "test_initial_metadata_value");
    Expect(
        "the trailing metadata of " + call,
        Joined(context.GetServerTrailingMetadata(), "x-grpc-test-echo-trailing-bin"), "\xab\xab\xab");
  }

  /// Reads until the report arrives, or the call's deadline passes.
  static void ExpectReport(grpc::ClientReader<OrcaLoadReport>* reports, const std::string& wanted) {
    OrcaLoadReport report;
    std::string latest = "none";
    while (reports->Read(&report)) {
      latest = report.DebugString();
      if (latest == wanted) return;
    }
    Expect("the load that is reported out of band", latest, wanted);
  }

  void LargeCall(TestService::Stub* stub, ClientContext* context) {
    int down = flags_.Number("soak_response_size", 314159);
    SimpleResponse response;
    ExpectOK("the call", stub->UnaryCall(context, Sized(flags_.Number("soak_request_size", 271828), down), &response));
    Expect("the size of the response", response.payload().body().size(), size_t(down));
  }

  void Soak(const std::function<void(ClientContext*)>& call) {
    long iterations = flags_.Number("soak_iterations", 10), failures = 0;
    std::chrono::milliseconds latency(flags_.Number("soak_per_iteration_max_acceptable_latency_ms", 1000));
    std::chrono::seconds overall(flags_.Number("soak_overall_timeout_seconds", iterations * latency.count() / 1000));
    std::chrono::milliseconds pause(flags_.Number("soak_min_time_ms_between_rpcs", 0));
    auto end = Clock::now() + overall;
    for (long i = 0; i < iterations; i++) {
      auto start = Clock::now();
      Expect("whether there is time for all calls", start < end, true);
      ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + (end - start));
      try {
        call(&context);
        Expect("whether the call was soon enough", Clock::now() - start <= latency, true);
      } catch (const std::exception& error) {
        std::cerr << "iteration " << i << ": " << error.what() << std::endl;
        failures++;
      }
      std::this_thread::sleep_until(start + pause);
    }
    Expect("whether few enough calls failed", failures <= flags_.Number("soak_max_failures", 0), true);
  }

  const Flags& flags_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<TestService::Stub> stub_;
};

const std::map<std::string, void (Session::*)()> kCases = {
    {"empty_unary", &Session::EmptyUnary},
    {"large_unary", &Session::LargeUnary},
    {"cacheable_unary", &Session::CacheableUnary},
    {"client_compressed_unary", &Session::ClientCompressedUnary},
    {"server_compressed_unary", &Session::ServerCompressedUnary},
    {"client_streaming", &Session::ClientStreaming},
    {"client_compressed_streaming", &Session::ClientCompressedStreaming},
    {"server_streaming", &Session::ServerStreaming},
    {"server_compressed_streaming", &Session::ServerCompressedStreaming},
    {"ping_pong", &Session::PingPong},
    {"empty_stream", &Session::EmptyStream},
    {"custom_metadata", &Session::CustomMetadata},
    {"status_code_and_message", &Session::StatusCodeAndMessage},
    {"special_status_message", &Session::SpecialStatusMessage},
    {"unimplemented_method", &Session::UnimplementedMethod},
    {"unimplemented_service", &Session::UnimplementedService_},
    {"cancel_after_begin", &Session::CancelAfterBegin},
    {"cancel_after_first_response", &Session::CancelAfterFirstResponse},
    {"timeout_on_sleeping_server", &Session::TimeoutOnSleepingServer},
    {"rpc_soak", &Session::RpcSoak},
    {"channel_soak", &Session::ChannelSoak},
    {"orca_oob", &Session::OrcaOutOfBand},
};

}  // namespace

int main(int count, char** words) {
  Flags flags(count, words);
  std::string name = flags.Text("test_case");
  auto found = kCases.find(name);
  if (found == kCases.end()) {
    std::cerr << "there is no case “" << name << "”" << std::endl;
    return 64;
  }
  try {
    Session session(flags);
    (session.*found->second)();
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << std::endl;
    return 1;
  }
  std::cout << "gRPC C++ " << grpc::Version() << ": " << name << " passed" << std::endl;
}
