/* What the tests share: checks, random numbers, poisoned arrays, and a loop over the instruction sets of this CPU. */
#ifndef TFSG_TESTS_CHECK_H_
#define TFSG_TESTS_CHECK_H_

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "../include/tfstylegan_ops.h"

namespace test {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

inline int& failures() {
  static int count = 0;
  return count;
}

/* Prints the first failures, counts all. */
inline bool check(bool condition, const char* file, int line, const std::string& what) {
  if (condition) return true;
  if (++failures() <= 20) std::printf("%s:%d: %s (%s)\n", file, line, what.c_str(), tfsg_cpu_instruction_set());
  return false;
}
#define CHECK(condition, what) test::check(condition, __FILE__, __LINE__, std::string(what) + ": " #condition)
#define CHECK_OK(call, what) test::check((call) == TFSG_OK, __FILE__, __LINE__, std::string(what) + ": " + tfsg_cpu_error())
#define CHECK_NEAR(got, want, tolerance, what) test::check_near(got, want, tolerance, __FILE__, __LINE__, what)

/* The tolerance is relative to the largest value that is wanted. */
inline void check_near(const Floats& got, const Doubles& want, double tolerance, const char* file, int line,
                       const std::string& what) {
  if (!check(got.size() == want.size(), file, line, what + ": sizes differ")) return;
  double largest = 1e-6;
  for (const double w : want) largest = std::fabs(w) > largest ? std::fabs(w) : largest;
  for (size_t i = 0; i < want.size(); ++i)
    if (!(std::fabs(got[i] - want[i]) <= tolerance * largest)) {
      check(false, file, line, what + ": at " + std::to_string(i) + " is " + std::to_string(got[i]) + ", must be " + std::to_string(want[i]));
      return;
    }
}

/* The sequence of PCG XSH-RR, the same everywhere. */
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {
    bits();
    bits();
  }
  uint32_t bits() {
    const uint64_t old = state_;
    state_ = old * 6364136223846793005u + 1442695040888963407u;
    const uint32_t mixed = static_cast<uint32_t>(((old >> 18) ^ old) >> 27), turn = static_cast<uint32_t>(old >> 59);
    return mixed >> turn | mixed << (-turn & 31);
  }
  double uniform() { return bits() / 4294967296.0; }
  int64_t below(int64_t end) { return static_cast<int64_t>(uniform() * static_cast<double>(end)); }
  bool chance(double probability) { return uniform() < probability; }
  template <typename T, size_t n>
  T one_of(const T (&values)[n]) {
    return values[below(static_cast<int64_t>(n))];
  }
  /* Numbers of variance 1, none further from 0 than 3.5. */
  Floats numbers(int64_t count) {
    Floats values(static_cast<size_t>(count));
    for (float& v : values) v = static_cast<float>(2 * (uniform() + uniform() + uniform()) - 3);
    return values;
  }

 private:
  uint64_t state_;
};

/* An output before it is written: what is left of it shows. */
inline Floats poisoned(int64_t count) {
  return Floats(static_cast<size_t>(count), std::numeric_limits<float>::quiet_NaN());
}

template <typename Body>
void for_instruction_sets(const Body& body) {
  int run = 0;
  for (const char* name : {"baseline", "avx2", "avx512", "neon"})
    if (tfsg_cpu_set_instruction_set(name) == TFSG_OK) {
      CHECK(std::strcmp(tfsg_cpu_instruction_set(), name) == 0, name);
      body();
      ++run;
    }
  CHECK(run > 0, "no instruction set");
}

inline int finish(const char* name) {
  std::printf("%s: %d failures\n", name, failures());
  return failures() == 0 ? 0 : 1;
}

}  // namespace test
#endif
