/* How ops are cut into parts. Parts depend on shapes alone, never on the number of threads: sums are added up in the
 * order of the parts, so results are the same bits on any number of threads, busy or not. */
#ifndef TFSG_PARTITION_H_
#define TFSG_PARTITION_H_

#include <stdint.h>

#include <memory>
#include <new>
#include <vector>

namespace tfsg {

constexpr int64_t kPartElements = 32768;  /* of a part: large enough to be worth a thread */

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/* `count` rows of `width` elements, in parts. */
struct Parts {
  int64_t count, rows, parts;

  Parts(int64_t count, int64_t width) : count(count) {
    rows = divide_up(kPartElements, width > 0 ? width : 1);
    if (rows < 32) rows = 32;
    parts = divide_up(count, rows);
  }
  int64_t first(int64_t part) const { return part * rows; }
  int64_t end(int64_t part) const { return part + 1 == parts ? count : (part + 1) * rows; }
};

/* Rows of partial sums, zero at the start. */
class PartialSums {
 public:
  PartialSums(int64_t parts, int64_t width) : width_(width), values_(static_cast<size_t>(parts * width), 0.0f) {}
  float* part(int64_t i) { return values_.data() + i * width_; }
  /* Adds parts [first, end) up in order, in double precision. */
  void total(int64_t first, int64_t end, float* to) const {
    for (int64_t c = 0; c < width_; ++c) {
      double sum = 0;
      for (int64_t i = first; i < end; ++i) sum += values_[static_cast<size_t>(i * width_ + c)];
      to[c] = static_cast<float>(sum);
    }
  }

 private:
  int64_t width_;
  std::vector<float> values_;
};

}  // namespace tfsg
#endif
