/* What the launcher needs of a device: the CUDA driver (driver.cc) or its emulation (emulation/driver.cc). */
#ifndef TFSTYLEGAN_CUDA_DRIVER_H_
#define TFSTYLEGAN_CUDA_DRIVER_H_

#include <cstdint>

namespace tfsg {

/* Runs a kernel of the module, without waiting for it. Returns a TFSG code, and sets the error if that is not OK. */
int launch_kernel(const char* name, int64_t blocks, int shared_bytes, const void* parameters, void* stream);

/* The most shared memory that a block may have on the current device; 0 with the error set if there is none. */
int shared_memory_limit();

/* Sets what tfsg_cuda_error() returns in this thread, and returns the code. Arguments as of printf. */
int fail(int code, const char* format, ...) __attribute__((format(printf, 2, 3)));

}  // namespace tfsg

#endif
