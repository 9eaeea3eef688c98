// Opens the one connection, calls once to warm up, and runs the mode.
#include "client.h"

#include <grpcpp/grpcpp.h>

#include <stdexcept>
#include <string>

#include "modes.h"

namespace {

std::shared_ptr<grpc::ChannelCredentials> Credentials(const Options& options) {
  if (options.ca_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = ContentsOf(options.ca_file);
  return grpc::SslCredentials(ssl);
}

void WarmUp(Stub& stub) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  bench::v1::Req request;
  bench::v1::Payload response;
  grpc::Status status = stub.Unary(&context, request, &response);
  if (!status.ok()) throw std::runtime_error("the first call failed: " + status.error_message());
}

Result Run(Stub& stub, const Options& options) {
  CallSettings settings(options);
  int size = static_cast<int>(options.y);
  if (options.mode == "unary") return Unary(stub, settings, options.x, options.y);
  if (options.mode == "sstream") return ServerStream(stub, settings, options.x, size);
  if (options.mode == "cstream") return ClientStream(stub, settings, options.x, size);
  if (options.mode == "bidi") return Bidi(stub, settings, options.x, size);
  throw std::runtime_error("there is no mode " + options.mode);
}

}  // namespace

int RunClient(const Options& options) {
  auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(options.port), Credentials(options));
  auto stub = bench::v1::Bench::NewStub(channel);
  WarmUp(*stub);
  Result result = Run(*stub, options);
  result.mode = options.mode;
  result.Print();
  return 0;
}
