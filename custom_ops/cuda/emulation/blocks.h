/* Runs the blocks of a kernel on the host, one after the other. */
#ifndef TFSTYLEGAN_CUDA_EMULATION_BLOCKS_H_
#define TFSTYLEGAN_CUDA_EMULATION_BLOCKS_H_

#include <cstdint>

#include "platform.h"

namespace tfsg {

/* Returns NULL, or what the kernel did that a GPU does not allow. */
const char* run_blocks(Entry entry, int64_t blocks, int threads, int shared_bytes, const void* parameters);

}  // namespace tfsg

#endif
