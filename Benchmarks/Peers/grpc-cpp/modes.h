// The client's four modes: each makes its calls and returns after the last one.
#pragma once

#include "bench/v1/bench.grpc.pb.h"
#include "context.h"
#include "result.h"

using Stub = bench::v1::Bench::Stub;

Result Unary(Stub& stub, const CallSettings& settings, int calls_at_once, double seconds);
Result ServerStream(Stub& stub, const CallSettings& settings, int count, int size);
Result ClientStream(Stub& stub, const CallSettings& settings, int count, int size);
Result Bidi(Stub& stub, const CallSettings& settings, int count, int size);
