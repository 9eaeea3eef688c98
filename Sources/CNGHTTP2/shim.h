// libnghttp2's whole interface; nothing of ours.
#pragma once
#include <nghttp2/nghttp2.h>
