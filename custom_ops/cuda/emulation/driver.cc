// The device of the emulation: the kernels are functions, and device memory is memory.
#include "../driver.h"

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

#include "../../include/tfstylegan_ops.h"
#include "../kernel_list.h"
#include "blocks.h"

#define TFSG_DECLARE(name, Parameters, kernel) void tfsg_##name(const void* parameters);
TFSG_KERNELS(TFSG_DECLARE)

namespace tfsg {
namespace {

struct Named {
  const char* name;
  Entry entry;
  bool launched;
};

#define TFSG_NAMED(name, Parameters, kernel) {#name, tfsg_##name, false},
Named kernels[] = {TFSG_KERNELS(TFSG_NAMED)};

}  // namespace

int launch_kernel(const char* name, int64_t blocks, int shared_bytes, const void* parameters, void*) {
  static std::mutex one_at_a_time;
  std::lock_guard<std::mutex> lock(one_at_a_time);
  if (shared_bytes > shared_memory_limit()) return fail(TFSG_INTERNAL, "%s needs too much shared memory", name);
  for (Named& kernel : kernels) {
    if (std::strcmp(kernel.name, name) != 0) continue;
    kernel.launched = true;
    const char* error = run_blocks(kernel.entry, blocks, 256, shared_bytes, parameters);
    return error ? fail(TFSG_INTERNAL, "%s: %s", name, error) : TFSG_OK;
  }
  return fail(TFSG_INTERNAL, "there is no kernel %s", name);
}

// A little more than the least that a GPU since 2018 has, or what a test asks for.
int shared_memory_limit() {
  const char* asked = std::getenv("TFSTYLEGAN_EMULATED_SHARED_MEMORY");
  return asked ? std::atoi(asked) : 65536;
}

}  // namespace tfsg

/* The kernels that have been run, a line each: for a test that none is forgotten. Until the next call. */
extern "C" __attribute__((visibility("default"))) const char* tfsg_cuda_emulation_launched() {
  static std::string names;
  names.clear();
  for (const tfsg::Named& kernel : tfsg::kernels) {
    if (kernel.launched) names += std::string(kernel.name) + "\n";
  }
  return names.c_str();
}
