// Signals the last callback to the main thread, with the first failure if any.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>

class Ended {
 public:
  explicit Ended(int calls) : left_(calls) {}

  void CallEnded(const grpc::Status& status) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!status.ok() && status_.ok()) status_ = status;
    if (--left_ == 0) changed_.notify_one();
  }

  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return left_ == 0; });
    if (!status_.ok())
      throw std::runtime_error("a call failed with code " + std::to_string(status_.error_code()) + ": " +
                               status_.error_message());
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int left_;
  grpc::Status status_;
};
