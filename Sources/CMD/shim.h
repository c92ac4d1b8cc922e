// Only the one digest: <sha2.h> of libmd, which every Debian has because dpkg needs it.
#ifndef ACCORD_CMD_SHIM_H
#define ACCORD_CMD_SHIM_H

#include <sys/types.h>
#include <sha2.h>

#endif
