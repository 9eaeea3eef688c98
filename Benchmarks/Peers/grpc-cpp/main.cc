// The benchmark's server and client by gRPC C++: see the usage below.
#include <iostream>
#include <stdexcept>

#include "client.h"
#include "options.h"
#include "server.h"

int main(int count, char** arguments) {
  try {
    Options options({arguments + 1, arguments + count});
    if (options.role == "server") return Serve(options);
    if (options.role == "client") return RunClient(options);
  } catch (const std::exception& error) {
    std::cerr << "grpc-cpp-bench: " << error.what() << "\n";
    return 1;
  }
  std::cerr << "usage: grpc-cpp-bench server PORT [CERT KEY]\n"
               "       grpc-cpp-bench client PORT unary|sstream|cstream|bidi X Y [--cert CA] [--timeout SECONDS] [--metadata N]\n";
  return 2;
}
