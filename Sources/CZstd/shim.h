// Makes zstd importable: FreshetCompressions uses its own header only.
#ifndef FRESHET_CZSTD_SHIM_H
#define FRESHET_CZSTD_SHIM_H
#include <zstd.h>
#endif
