// Makes the calls of one mode and prints what they cost.
#pragma once

#include "options.h"

int RunClient(const Options& options);
