// The CUDA driver, found when it is first needed, so that the library loads where there is none.
//
// The few functions and numbers of the driver's interface that are used are declared here: its header is not installed
// with a driver, nor with TensorFlow.
#include "driver.h"

#include <dlfcn.h>

#include <map>
#include <mutex>
#include <string>

#include "../include/tfstylegan_ops.h"

// The kernels: a fatbin, cubin or PTX, which the build writes to the file TFSG_MODULE.
__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    "tfsg_module_image:\n"
    ".incbin \"" TFSG_MODULE "\"\n"
    ".byte 0\n"
    ".previous\n");
extern "C" __attribute__((visibility("hidden"))) const char tfsg_module_image[];

namespace tfsg {
namespace {

using Status = int;
using Context = struct OpaqueContext*;
using Module = struct OpaqueModule*;
using Function = struct OpaqueFunction*;

constexpr Status kSuccess = 0, kOutOfMemory = 2, kNoBinaryForGpu = 209, kUnsupportedPtxVersion = 222;
constexpr int kDeviceSharedMemoryOptIn = 97;   // CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
constexpr int kFunctionDynamicSharedMemory = 8;  // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
constexpr int kSharedMemoryWithoutOptIn = 48 * 1024;
constexpr unsigned kThreads = 256;

struct Driver {
  Status (*init)(unsigned);
  Status (*get_error_string)(Status, const char**);
  Status (*get_context)(Context*);
  Status (*get_device)(int*);
  Status (*get_device_attribute)(int*, int, int);
  Status (*load_module)(Module*, const void*);
  Status (*get_function)(Function*, Module, const char*);
  Status (*set_function_attribute)(Function, int, int);
  Status (*launch)(Function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**,
                   void**);
  std::string error;  // why there is no driver
};

template <class Pointer>
void find(void* library, const char* name, Pointer* function, std::string* error) {
  *function = reinterpret_cast<Pointer>(dlsym(library, name));
  if (!*function && error->empty()) *error = std::string("the CUDA driver has no function ") + name;
}

const Driver& driver() {
  static const Driver* const instance = [] {
    auto* d = new Driver();
    void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      d->error = "there is no CUDA driver on this machine (libcuda.so.1 cannot be loaded)";
      return d;
    }
    find(library, "cuInit", &d->init, &d->error);
    find(library, "cuGetErrorString", &d->get_error_string, &d->error);
    find(library, "cuCtxGetCurrent", &d->get_context, &d->error);
    find(library, "cuCtxGetDevice", &d->get_device, &d->error);
    find(library, "cuDeviceGetAttribute", &d->get_device_attribute, &d->error);
    find(library, "cuModuleLoadData", &d->load_module, &d->error);
    find(library, "cuModuleGetFunction", &d->get_function, &d->error);
    find(library, "cuFuncSetAttribute", &d->set_function_attribute, &d->error);
    find(library, "cuLaunchKernel", &d->launch, &d->error);
    if (d->error.empty() && d->init(0) != kSuccess) d->error = "the CUDA driver finds no GPU";
    return d;
  }();
  return *instance;
}

int fail_with(Status status, const char* doing) {
  const char* text = nullptr;
  driver().get_error_string(status, &text);
  const char* hint = status == kNoBinaryForGpu || status == kUnsupportedPtxVersion
                         ? "; build the library on this machine, or with --architectures for this GPU"
                         : "";
  return fail(status == kOutOfMemory ? TFSG_RESOURCE_EXHAUSTED : TFSG_INTERNAL, "%s: %s%s", doing,
              text ? text : "unknown CUDA error", hint);
}

// What is kept for a context. Contexts live as long as the process does in TensorFlow and PyTorch.
struct Loaded {
  Module module = nullptr;
  int shared_memory = 0;
  std::map<std::string, Function> functions;
};

std::mutex loaded_mutex;

// With the mutex held.
int current(Loaded** loaded) {
  static auto* const by_context = new std::map<Context, Loaded>();
  const Driver& d = driver();
  if (!d.error.empty()) return fail(TFSG_INTERNAL, "%s", d.error.c_str());
  Context context = nullptr;
  Status status = d.get_context(&context);
  if (status != kSuccess) return fail_with(status, "cuCtxGetCurrent");
  if (!context) return fail(TFSG_INTERNAL, "no GPU is in use in this thread (no CUDA context is current)");
  const auto found = by_context->find(context);
  if (found != by_context->end()) {
    *loaded = &found->second;
    return TFSG_OK;
  }
  Loaded fresh;
  int device = 0;
  if ((status = d.get_device(&device)) != kSuccess) return fail_with(status, "cuCtxGetDevice");
  status = d.get_device_attribute(&fresh.shared_memory, kDeviceSharedMemoryOptIn, device);
  if (status != kSuccess) return fail_with(status, "cuDeviceGetAttribute");
  if ((status = d.load_module(&fresh.module, tfsg_module_image)) != kSuccess) {
    return fail_with(status, "the kernels of tfstylegan do not load");
  }
  *loaded = &(*by_context)[context];
  **loaded = fresh;
  return TFSG_OK;
}

int find_function(Loaded* loaded, const char* name, Function* function) {
  const auto found = loaded->functions.find(name);
  if (found != loaded->functions.end()) {
    *function = found->second;
    return TFSG_OK;
  }
  const Driver& d = driver();
  const std::string entry = std::string("tfsg_") + name;
  Status status = d.get_function(function, loaded->module, entry.c_str());
  if (status != kSuccess) return fail_with(status, entry.c_str());
  if (loaded->shared_memory > kSharedMemoryWithoutOptIn) {
    status = d.set_function_attribute(*function, kFunctionDynamicSharedMemory, loaded->shared_memory);
    if (status != kSuccess) return fail_with(status, "cuFuncSetAttribute");
  }
  loaded->functions[name] = *function;
  return TFSG_OK;
}

}  // namespace

int launch_kernel(const char* name, int64_t blocks, int shared_bytes, const void* parameters, void* stream) {
  Function function = nullptr;
  {
    std::lock_guard<std::mutex> lock(loaded_mutex);
    Loaded* loaded = nullptr;
    int code = current(&loaded);
    if (code == TFSG_OK) code = find_function(loaded, name, &function);
    if (code != TFSG_OK) return code;
  }
  void* arguments[] = {const_cast<void*>(parameters)};
  const Status status = driver().launch(function, static_cast<unsigned>(blocks), 1, 1, kThreads, 1, 1,
                                        static_cast<unsigned>(shared_bytes), stream, arguments, nullptr);
  return status == kSuccess ? TFSG_OK : fail_with(status, name);
}

int shared_memory_limit() {
  std::lock_guard<std::mutex> lock(loaded_mutex);
  Loaded* loaded = nullptr;
  return current(&loaded) == TFSG_OK ? loaded->shared_memory : 0;
}

}  // namespace tfsg
