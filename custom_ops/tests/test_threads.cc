/* The same bits on any number of threads, loops of several threads at once, and use after fork(). */
#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <chrono>
#include <initializer_list>
#include <thread>

#include "check.h"

using namespace test;

#if defined(__SANITIZE_THREAD__)
constexpr bool kForks = false; /* ThreadSanitizer starts no threads after fork() */
#else
constexpr bool kForks = true;
#endif

namespace {

/* Ops large enough for several parts, and all that they return. */
class Workload {
 public:
  explicit Workload(uint64_t seed) {
    Random random(seed);
    x_ = random.numbers(kBatch * kSide * kSide * kChannels);
    rows_ = random.numbers(kBatch * kChannels);
    b_ = random.numbers(kChannels);
    noise_ = random.numbers(kSide * kSide);
    strength_ = random.numbers(1);
    filter_ = random.numbers(6);
  }

  Floats run() const {
    Floats all;
    const int64_t count = static_cast<int64_t>(x_.size());
    const tfsg_activation act{TFSG_LRELU, 0.2f, 1.4f, 2.5f};

    tfsg_bias_act_args bias{};
    Floats y = poisoned(count), dyb = poisoned(kChannels);
    bias.order = 1;
    bias.act = {TFSG_SWISH, 0, 1.4f, -1};
    bias.rows = count / kChannels, bias.channels = kChannels;
    bias.x = bias.dy = x_.data(), bias.b = b_.data(), bias.y = y.data(), bias.dyb = dyb.data();
    CHECK_OK(tfsg_cpu_bias_act(&bias), "bias_act");
    append(all, {&y, &dyb});

    tfsg_style_epilogue_grad_args style{};
    Floats dx = poisoned(count), dd = poisoned(kBatch * kChannels), dnoise = poisoned(kSide * kSide), dstrength = poisoned(1), db = poisoned(kChannels);
    style.act = act;
    style.batch = kBatch, style.pixels = kSide * kSide, style.channels = kChannels;
    style.noise_batch = style.strength_channels = 1;
    style.dy = style.y = style.x = x_.data(), style.d = rows_.data(), style.noise = noise_.data(), style.strength = strength_.data();
    style.dx = dx.data(), style.dd = dd.data(), style.dnoise = dnoise.data(), style.dstrength = dstrength.data(), style.db = db.data();
    CHECK_OK(tfsg_cpu_style_epilogue_grad(&style), "style_epilogue_grad");
    append(all, {&dx, &dd, &dnoise, &dstrength, &db});

    tfsg_norm_epilogue_args norm{};
    Floats normal = poisoned(count), mean = poisoned(kBatch * kChannels), rstd = mean;
    norm.act = act;
    norm.epsilon = 1e-6f;
    norm.batch = kBatch, norm.pixels = kSide * kSide, norm.channels = kChannels;
    norm.x = x_.data(), norm.scale = norm.shift = rows_.data();
    norm.y = normal.data(), norm.mean = mean.data(), norm.rstd = rstd.data();
    CHECK_OK(tfsg_cpu_norm_epilogue(&norm), "norm_epilogue");
    append(all, {&normal, &mean, &rstd});

    tfsg_upfirdn2d_args up{};
    up.batch = kBatch, up.channels = kChannels, up.in_h = up.in_w = kSide, up.out_h = up.out_w = 2 * kSide;
    up.up_x = up.up_y = 2, up.down_x = up.down_y = 1;
    up.pad_x0 = up.pad_y0 = 3, up.pad_x1 = up.pad_y1 = 2;
    up.f = {6, 6, filter_.data(), filter_.data()};
    Floats wide = poisoned(4 * count);
    up.x = x_.data(), up.y = wide.data();
    CHECK_OK(tfsg_cpu_upfirdn2d(&up), "upfirdn2d");
    append(all, {&wide});

    tfsg_filtered_lrelu_args lrelu{};
    lrelu.batch = kBatch, lrelu.channels = kChannels, lrelu.in_h = lrelu.in_w = lrelu.out_h = lrelu.out_w = kSide;
    lrelu.up = lrelu.down = 2;
    lrelu.pad_x0 = lrelu.pad_y0 = 5, lrelu.pad_x1 = lrelu.pad_y1 = 4;
    lrelu.fu = lrelu.fd = up.f;
    lrelu.gain = 1.4f, lrelu.slope = 0.2f, lrelu.clamp = 2;
    lrelu.code_h = lrelu.code_w = 2 * kSide + 4;
    std::vector<uint8_t> codes(static_cast<size_t>(kBatch * 2 * lrelu.code_h * lrelu.code_w * 4), 0xa5);
    Floats filtered = poisoned(count);
    lrelu.x = x_.data(), lrelu.b = b_.data(), lrelu.codes = codes.data(), lrelu.y = filtered.data();
    CHECK_OK(tfsg_cpu_filtered_lrelu(&lrelu), "filtered_lrelu");
    append(all, {&filtered});
    for (const uint8_t code : codes) all.push_back(code);
    return all;
  }

 private:
  static constexpr int64_t kBatch = 3, kSide = 61, kChannels = 17;
  static void append(Floats& all, std::initializer_list<const Floats*> values) {
    for (const Floats* v : values) all.insert(all.end(), v->begin(), v->end());
  }
  Floats x_, rows_, b_, noise_, strength_, filter_;
};

bool same(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), sizeof(float) * a.size()) == 0;
}

void numbers_of_threads(const Workload& work) {
  tfsg_cpu_set_num_threads(1);
  const Floats wanted = work.run();
  for (const float v : wanted)
    if (!CHECK(!std::isnan(v), "left unwritten")) break;
  for (const int threads : {1, 2, 5}) {
    tfsg_cpu_set_num_threads(threads);
    CHECK(tfsg_cpu_num_threads() == threads, "threads");
    for (int i = 0; i < 3; ++i) CHECK(same(work.run(), wanted), "on " + std::to_string(threads) + " threads");
  }
  tfsg_cpu_set_num_threads(100000);
  CHECK(tfsg_cpu_num_threads() <= 256, "threads are bounded");
  tfsg_cpu_set_num_threads(0);
  CHECK(tfsg_cpu_num_threads() >= 1, "threads");
}

void callers_at_once(const Workload& work) {
  tfsg_cpu_set_num_threads(3);
  const Floats wanted = work.run();
  bool right[4] = {};
  std::vector<std::thread> callers;
  for (bool& r : right)
    callers.emplace_back([&work, &wanted, &r] {
      r = true;
      for (int i = 0; i < 4; ++i) r = same(work.run(), wanted) && r;
    });
  for (const int threads : {2, 4, 1, 3}) { /* changed while loops run */
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    tfsg_cpu_set_num_threads(threads);
  }
  for (std::thread& caller : callers) caller.join();
  for (const bool r : right) CHECK(r, "callers at once");
}

/* Many short loops one after the other: workers that wake late must find nothing to do. */
void short_loops() {
  tfsg_cpu_set_num_threads(4);
  Random random(5);
  const Floats x = random.numbers(40000);
  Floats y = poisoned(40000);
  tfsg_bias_act_args a{};
  a.act = {TFSG_LINEAR, 0, 2, -1};
  a.rows = 40000, a.channels = 1, a.x = x.data();
  for (int i = 0; i < 2000; ++i) {
    Floats& to = y;
    to.front() = to.back() = -1e9f;
    a.y = to.data();
    tfsg_cpu_bias_act(&a);
    if (!CHECK(to.front() == 2 * x.front() && to.back() == 2 * x.back(), "short loops")) return;
  }
}

/* Each thread's message is its own. */
void errors_by_thread() {
  CHECK(tfsg_cpu_set_instruction_set("abacus") == TFSG_INVALID_ARGUMENT, "set_instruction_set");
  std::thread([] { tfsg_cpu_bias_act(nullptr); }).join();
  CHECK(std::strstr(tfsg_cpu_error(), "abacus") != nullptr, tfsg_cpu_error());
}

#if !defined(_WIN32)
void use_after_fork(const Workload& work) {
  tfsg_cpu_set_num_threads(3);
  const Floats wanted = work.run(); /* the pool is at work before the fork */
  std::thread busy([&] {
    for (int i = 0; i < 5; ++i) work.run();
  });
  for (int i = 0; i < 5; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(30); /* a deadlock is a failure */
      const bool right = tfsg_cpu_num_threads() == 3 && same(work.run(), wanted);
      _exit(right ? 0 : 1);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0, "after fork");
  }
  busy.join();
  CHECK(same(work.run(), wanted), "in the parent after fork");
}
#endif

}  // namespace

int main() {
  const Workload work(4);
  for_instruction_sets([&] { numbers_of_threads(work); });
  callers_at_once(work);
  short_loops();
  errors_by_thread();
#if !defined(_WIN32)
  if (kForks) use_after_fork(work);
#endif
  return finish("threads");
}
