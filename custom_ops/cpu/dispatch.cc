#include "dispatch.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "arguments.h"
#include "thread_pool.h"

namespace tfsg {
namespace {

bool cpu_has_avx2() {
#if defined(__GNUC__) && defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

bool cpu_has_avx512() {
#if defined(__GNUC__) && defined(__x86_64__)
  return cpu_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

const Kernels* find(const char* name) {
  const Kernels* candidates[] = {cpu_has_avx512() ? avx512_kernels() : nullptr, cpu_has_avx2() ? avx2_kernels() : nullptr,
                                 baseline_kernels()};
  for (const Kernels* candidate : candidates)
    if (candidate != nullptr && (name == nullptr || std::strcmp(candidate->name, name) == 0)) return candidate;
  return nullptr;
}

const Kernels* first_choice() {
  /* TFSTYLEGAN_INSTRUCTION_SET is for measurements; a name that this CPU lacks is ignored. */
  if (const char* name = std::getenv("TFSTYLEGAN_INSTRUCTION_SET"))
    if (const Kernels* wanted = find(name)) return wanted;
  return find(nullptr);
}

std::atomic<const Kernels*> chosen{nullptr};

}  // namespace

const Kernels& kernels() {
  const Kernels* now = chosen.load(std::memory_order_acquire);
  if (now == nullptr) {
    now = first_choice();
    chosen.store(now, std::memory_order_release);
  }
  return *now;
}

}  // namespace tfsg

extern "C" {

int tfsg_cpu_abi_version(void) { return TFSG_ABI_VERSION; }
const char* tfsg_cpu_instruction_set(void) { return tfsg::kernels().name; }
int tfsg_cpu_num_threads(void) { return tfsg::num_threads(); }
void tfsg_cpu_set_num_threads(int threads) { tfsg::set_num_threads(threads); }
const char* tfsg_cpu_error(void) { return tfsg::last_error(); }

int tfsg_cpu_set_instruction_set(const char* name) {
  const tfsg::Kernels* wanted = name == nullptr ? nullptr : tfsg::find(name);
  if (wanted == nullptr)
    return tfsg::fail(TFSG_INVALID_ARGUMENT, "this library or CPU has no kernels for %s", name == nullptr ? "NULL" : name);
  tfsg::chosen.store(wanted, std::memory_order_release);
  return TFSG_OK;
}

}  // extern "C"
