// Serves until the process is terminated.
#pragma once

#include "options.h"

int Serve(const Options& options);
