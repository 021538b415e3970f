/* The kernels in use: the best that the CPU has, or what was asked for. */
#ifndef TFSG_DISPATCH_H_
#define TFSG_DISPATCH_H_

#include "kernels.h"

namespace tfsg {
const Kernels& kernels();
}
#endif
