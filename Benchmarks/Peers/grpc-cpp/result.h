// The result of a run, as the line read by the harness.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

using Clock = std::chrono::steady_clock;

inline double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Wall-clock and CPU time of this process from construction to `Stop`.
class Meter {
 public:
  Meter() : start_(Clock::now()), cpu_(Cpu()) {}
  void Stop() {
    seconds = SecondsSince(start_);
    cpu_seconds = Cpu() - cpu_;
  }
  double seconds = 0;
  double cpu_seconds = 0;

 private:
  static double Cpu() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  Clock::time_point start_;
  double cpu_;
};

struct Result {
  std::string mode;
  int64_t count = 0;
  Meter meter;
  // Of streams.
  int64_t bytes = 0;
  // Of unary and bidi: of each call or round trip.
  std::vector<float> latencies_us;

  void Print() {
    std::printf("{\"mode\": \"%s\", \"n\": %lld, \"secs\": %.6f, \"per_s\": %.1f, \"cpu_us_per\": %.4f", mode.c_str(),
                static_cast<long long>(count), meter.seconds, count / meter.seconds, meter.cpu_seconds * 1e6 / count);
    if (bytes > 0) std::printf(", \"bytes\": %lld, \"GBps\": %.4f", static_cast<long long>(bytes), bytes / meter.seconds / 1e9);
    if (!latencies_us.empty()) std::printf(", \"p50_us\": %.2f, \"p99_us\": %.2f", Quantile(0.5), Quantile(0.99));
    std::printf("}\n");
  }

 private:
  float Quantile(double part) {
    auto at = latencies_us.begin() + static_cast<size_t>((latencies_us.size() - 1) * part);
    std::nth_element(latencies_us.begin(), at, latencies_us.end());
    return *at;
  }
};
