// Makes zlib importable: FreshetCore uses its own header only.
#ifndef FRESHET_CZLIB_SHIM_H
#define FRESHET_CZLIB_SHIM_H
#include <zlib.h>
#endif
