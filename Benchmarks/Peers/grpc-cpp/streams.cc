// The three kinds of streaming call, one call each.
#include <stdexcept>

#include "ended.h"
#include "modes.h"

using bench::v1::Payload;
using bench::v1::Req;

namespace {

Payload Zeros(int size) {
  Payload payload;
  payload.set_body(std::string(size, '\0'));
  return payload;
}

/// Reads to the end.
class Reader : public grpc::ClientReadReactor<Payload> {
 public:
  Reader(Stub& stub, const CallSettings& settings, const Req& request) {
    settings.ApplyTo(context_);
    stub.async()->ServerStream(&context_, &request, this);
    StartRead(&payload_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    ++count;
    bytes += payload_.body().size();
    StartRead(&payload_);
  }
  void OnDone(const grpc::Status& status) override { ended.CallEnded(status); }
  int64_t count = 0;
  int64_t bytes = 0;
  Ended ended{1};

 private:
  grpc::ClientContext context_;
  Payload payload_;
};

/// Writes the same payload repeatedly, each when the previous write has completed.
class Writer : public grpc::ClientWriteReactor<Payload> {
 public:
  Writer(Stub& stub, const CallSettings& settings, int count, int size) : payload_(Zeros(size)), left_(count) {
    settings.ApplyTo(context_);
    stub.async()->ClientStream(&context_, &response_, this);
    Next();
    StartCall();
  }
  void OnWriteDone(bool ok) override {
    if (ok) Next();
  }
  void OnDone(const grpc::Status& status) override { ended.CallEnded(status); }
  Ended ended{1};

 private:
  void Next() {
    if (left_-- > 0) StartWrite(&payload_);
    else StartWritesDone();
  }
  grpc::ClientContext context_;
  Payload payload_;
  Payload response_;
  int left_;
};

/// Writes a message and waits for its answer, repeatedly.
class PingPong : public grpc::ClientBidiReactor<Payload, Payload> {
 public:
  PingPong(Stub& stub, const CallSettings& settings, int count, int size) : payload_(Zeros(size)), left_(count) {
    latencies_us.reserve(count);
    settings.ApplyTo(context_);
    stub.async()->Bidi(&context_, this);
    Next();
    StartCall();
  }
  void OnWriteDone(bool ok) override {
    if (ok) StartRead(&answer_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    latencies_us.push_back(SecondsSince(start_) * 1e6);
    bytes += answer_.body().size();
    Next();
  }
  void OnDone(const grpc::Status& status) override { ended.CallEnded(status); }
  std::vector<float> latencies_us;
  int64_t bytes = 0;
  Ended ended{1};

 private:
  void Next() {
    start_ = Clock::now();
    if (left_-- > 0) StartWrite(&payload_);
    else StartWritesDone();
  }
  grpc::ClientContext context_;
  Payload payload_;
  Payload answer_;
  int left_;
  Clock::time_point start_;
};

void ExpectCount(int64_t came, int expected) {
  if (came != expected)
    throw std::runtime_error(std::to_string(came) + " messages came instead of " + std::to_string(expected));
}

}  // namespace

Result ServerStream(Stub& stub, const CallSettings& settings, int count, int size) {
  Req request;
  request.set_count(count);
  request.set_response_size(size);
  Result result;
  Reader reader(stub, settings, request);
  reader.ended.Wait();
  result.meter.Stop();
  ExpectCount(reader.count, count);
  result.count = count;
  result.bytes = reader.bytes;
  return result;
}

Result ClientStream(Stub& stub, const CallSettings& settings, int count, int size) {
  Result result;
  Writer writer(stub, settings, count, size);
  writer.ended.Wait();
  result.meter.Stop();
  result.count = count;
  result.bytes = int64_t(count) * size;
  return result;
}

Result Bidi(Stub& stub, const CallSettings& settings, int count, int size) {
  Result result;
  PingPong pingpong(stub, settings, count, size);
  pingpong.ended.Wait();
  result.meter.Stop();
  ExpectCount(pingpong.latencies_us.size(), count);
  result.latencies_us = std::move(pingpong.latencies_us);
  result.count = count;
  result.bytes = pingpong.bytes;
  return result;
}
