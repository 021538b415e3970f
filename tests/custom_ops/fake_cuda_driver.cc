// Stands in for libcuda.so.1: writes what is asked of it to the file FAKE_CUDA_LOG. FAKE_CUDA_FAIL names a function and
// the error it returns, such as cuModuleLoadData=209.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

int answer(const char* function, const std::string& details = "") {
  if (FILE* log = std::fopen(std::getenv("FAKE_CUDA_LOG"), "a")) {
    std::fprintf(log, "%s%s\n", function, details.c_str());
    std::fclose(log);
  }
  const char* fail = std::getenv("FAKE_CUDA_FAIL");
  const size_t length = std::strlen(function);
  return fail && std::strncmp(fail, function, length) == 0 && fail[length] == '=' ? std::atoi(fail + length + 1) : 0;
}

}  // namespace

extern "C" {

int cuInit(unsigned) { return answer("cuInit"); }

int cuGetErrorString(int, const char** text) {
  *text = "a fake error";
  return 0;
}

int cuCtxGetCurrent(void** context) {
  *context = std::getenv("FAKE_CUDA_NO_CONTEXT") ? nullptr : reinterpret_cast<void*>(0x10);
  return answer("cuCtxGetCurrent");
}

int cuCtxGetDevice(int* device) {
  *device = 3;
  return answer("cuCtxGetDevice");
}

int cuDeviceGetAttribute(int* value, int attribute, int device) {
  *value = attribute == 97 && device == 3 ? 101376 : -1;
  return answer("cuDeviceGetAttribute");
}

int cuModuleLoadData(void** module, const void* image) {
  *module = reinterpret_cast<void*>(0x20);
  return answer("cuModuleLoadData", std::string(" ") + static_cast<const char*>(image));
}

int cuModuleGetFunction(void** function, void* module, const char* name) {
  *function = module == reinterpret_cast<void*>(0x20) ? strdup(name) : nullptr;
  return answer("cuModuleGetFunction", std::string(" ") + name);
}

int cuFuncSetAttribute(void*, int attribute, int value) {
  return answer("cuFuncSetAttribute", " " + std::to_string(attribute) + " " + std::to_string(value));
}

int cuLaunchKernel(void* function, unsigned x, unsigned y, unsigned z, unsigned threads_x, unsigned threads_y,
                   unsigned threads_z, unsigned shared, void* stream, void** parameters, void** extra) {
  char details[256];
  std::snprintf(details, sizeof details, " %s grid %u %u %u threads %u %u %u shared %u stream %p%s",
                static_cast<char*>(function), x, y, z, threads_x, threads_y, threads_z, shared, stream,
                parameters && parameters[0] && !extra ? "" : " without parameters");
  return answer("cuLaunchKernel", details);
}

}  // extern "C"
