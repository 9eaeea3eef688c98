// Serves until the process is ended.
#pragma once

#include "options.h"

int Serve(const Options& options);
