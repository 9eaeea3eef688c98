// Makes the calls of one mode and prints the result.
#pragma once

#include "options.h"

int RunClient(const Options& options);
