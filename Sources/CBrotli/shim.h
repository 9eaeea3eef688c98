// Makes brotli importable: FreshetCompressions uses its own headers only.
#ifndef FRESHET_CBROTLI_SHIM_H
#define FRESHET_CBROTLI_SHIM_H
#include <brotli/decode.h>
#include <brotli/encode.h>
#endif
