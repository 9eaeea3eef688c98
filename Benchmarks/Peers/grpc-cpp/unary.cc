// Concurrent unary calls that echo 16 bytes: the end of each starts the next.
#include <deque>
#include <optional>
#include <string>

#include "ended.h"
#include "modes.h"

using bench::v1::Payload;
using bench::v1::Req;

namespace {

/// One of the concurrent sequences of calls, until the time is over. Not shared: its calls are sequential.
class Repeated {
 public:
  Repeated(Stub& stub, const CallSettings& settings, Clock::time_point end, Ended& ended)
      : stub_(stub), settings_(settings), end_(end), ended_(ended) {
    request_.set_body(std::string(16, '\0'));
  }

  void Start() {
    start_ = Clock::now();
    context_.emplace();
    settings_.ApplyTo(*context_);
    stub_.async()->Unary(&*context_, &request_, &response_, [this](grpc::Status status) { CallEnded(status); });
  }
  const std::vector<float>& LatenciesUs() const { return latencies_us_; }

 private:
  void CallEnded(const grpc::Status& status) {
    if (!status.ok()) return ended_.CallEnded(status);
    latencies_us_.push_back(SecondsSince(start_) * 1e6);
    if (Clock::now() < end_) Start();
    else ended_.CallEnded(status);
  }

  Stub& stub_;
  const CallSettings& settings_;
  const Clock::time_point end_;
  Ended& ended_;
  std::optional<grpc::ClientContext> context_;
  Req request_;
  Payload response_;
  Clock::time_point start_;
  std::vector<float> latencies_us_;
};

}  // namespace

Result Unary(Stub& stub, const CallSettings& settings, int calls_at_once, double seconds) {
  Result result;
  Ended ended(calls_at_once);
  auto end = Clock::now() + std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6));
  std::deque<Repeated> calls;
  for (int i = 0; i < calls_at_once; ++i) calls.emplace_back(stub, settings, end, ended);
  for (Repeated& call : calls) call.Start();
  ended.Wait();
  result.meter.Stop();
  for (const Repeated& call : calls)
    result.latencies_us.insert(result.latencies_us.end(), call.LatenciesUs().begin(), call.LatenciesUs().end());
  result.count = result.latencies_us.size();
  return result;
}
