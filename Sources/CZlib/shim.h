// Makes zlib importable: its own header is the whole interface that FreshetCore uses.
#ifndef FRESHET_CZLIB_SHIM_H
#define FRESHET_CZLIB_SHIM_H
#include <zlib.h>
#endif
