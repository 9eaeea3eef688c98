// Shared by all calls of a client.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "options.h"

class CallSettings {
 public:
  explicit CallSettings(const Options& options) : timeout_seconds_(options.timeout_seconds) {
    for (int i = 0; i < options.metadata_count; ++i)
      metadata_.emplace_back("bench-entry-" + std::to_string(i), "value-of-entry-" + std::to_string(i));
  }

  void ApplyTo(grpc::ClientContext& context) const {
    if (timeout_seconds_)
      context.set_deadline(std::chrono::system_clock::now() +
                           std::chrono::microseconds(static_cast<int64_t>(*timeout_seconds_ * 1e6)));
    for (const auto& [key, value] : metadata_) context.AddMetadata(key, value);
  }

 private:
  std::optional<double> timeout_seconds_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};
