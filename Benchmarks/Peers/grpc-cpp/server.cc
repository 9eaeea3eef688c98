// The benchmark's service with the callback API.
#include "server.h"

#include <grpcpp/grpcpp.h>

#include <iostream>
#include <stdexcept>
#include <string>

#include "bench/v1/bench.grpc.pb.h"

using bench::v1::Payload;
using bench::v1::Req;
using grpc::CallbackServerContext;
using grpc::Status;

namespace {

/// Sends the same payload as often as requested. Deletes itself when the call ends, like all reactors here.
class Sender : public grpc::ServerWriteReactor<Payload> {
 public:
  explicit Sender(const Req& request) : left_(request.count()) {
    payload_.set_body(std::string(request.response_size(), '\0'));
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (ok) Next();
    else Finish(Status(grpc::StatusCode::CANCELLED, "the client is gone"));
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (left_-- > 0) StartWrite(&payload_);
    else Finish(Status::OK);
  }
  Payload payload_;
  int left_;
};

/// Reads to the end.
class Receiver : public grpc::ServerReadReactor<Payload> {
 public:
  Receiver() { StartRead(&payload_); }
  void OnReadDone(bool ok) override {
    if (ok) StartRead(&payload_);
    else Finish(Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  Payload payload_;
};

/// Returns each payload, then reads the next one.
class Echo : public grpc::ServerBidiReactor<Payload, Payload> {
 public:
  Echo() { StartRead(&payload_); }
  void OnReadDone(bool ok) override {
    if (ok) StartWrite(&payload_);
    else Finish(Status::OK);
  }
  void OnWriteDone(bool ok) override {
    if (ok) StartRead(&payload_);
    else Finish(Status(grpc::StatusCode::CANCELLED, "the client is gone"));
  }
  void OnDone() override { delete this; }

 private:
  Payload payload_;
};

class BenchService : public bench::v1::Bench::CallbackService {
  grpc::ServerUnaryReactor* Unary(CallbackServerContext* context, const Req* request, Payload* response) override {
    if (request->body().empty() && request->response_size() > 0)
      response->set_body(std::string(request->response_size(), '\0'));
    else
      response->set_body(request->body());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(Status::OK);
    return reactor;
  }
  grpc::ServerWriteReactor<Payload>* ServerStream(CallbackServerContext*, const Req* request) override {
    return new Sender(*request);
  }
  grpc::ServerReadReactor<Payload>* ClientStream(CallbackServerContext*, Payload*) override { return new Receiver; }
  grpc::ServerBidiReactor<Payload, Payload>* Bidi(CallbackServerContext*) override { return new Echo; }
};

std::shared_ptr<grpc::ServerCredentials> Credentials(const Options& options) {
  if (options.certificate_file.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions ssl;
  ssl.pem_key_cert_pairs.push_back({ContentsOf(options.key_file), ContentsOf(options.certificate_file)});
  return grpc::SslServerCredentials(ssl);
}

}  // namespace

int Serve(const Options& options) {
  BenchService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(options.port), Credentials(options), &port);
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server || port == 0) throw std::runtime_error("cannot listen on port " + std::to_string(options.port));
  std::cout << "{\"listening\": " << port << "}" << std::endl;
  server->Wait();
  return 0;
}
