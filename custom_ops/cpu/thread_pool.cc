#include "thread_pool.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif
#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace tfsg {
namespace {

constexpr int kMostThreads = 256;
constexpr int kSpins = 200; /* about two microseconds: a next op often follows at once */

int usable_cpus() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  const unsigned count = std::thread::hardware_concurrency();
  return count == 0 ? 1 : static_cast<int>(count);
}

int default_threads() {
  if (const char* text = std::getenv("TFSTYLEGAN_NUM_THREADS")) {
    const long threads = std::strtol(text, nullptr, 10);
    if (threads >= 1) return threads < kMostThreads ? static_cast<int>(threads) : kMostThreads;
  }
  const int cpus = usable_cpus();
  return cpus < kMostThreads ? cpus : kMostThreads;
}

/* One loop at a time. The owner announces a loop under the mutex; workers that wake while it is open register in
 * `inside` and take tasks from the counter; the owner closes it and waits for them to leave. */
class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 1; i < threads; ++i) {
      try {
        workers_.emplace_back([this] { work(); });
      } catch (const std::system_error&) {
        break; /* no more threads to be had: fewer will do */
      }
    }
  }

  ~Pool() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  void run(int64_t tasks, void (*body)(void*, int64_t), void* context) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      body_ = body;
      context_ = context;
      tasks_ = tasks;
      next_.store(0, std::memory_order_relaxed);
      open_ = true;
      loop_.fetch_add(1, std::memory_order_release);
    }
    if (tasks - 1 < static_cast<int64_t>(workers_.size())) {
      for (int64_t i = 1; i < tasks; ++i) wake_.notify_one();
    } else {
      wake_.notify_all();
    }
    take_tasks(body, context, tasks);
    std::unique_lock<std::mutex> lock(mutex_);
    open_ = false;
    left_.wait(lock, [this] { return inside_ == 0; });
  }

 private:
  void take_tasks(void (*body)(void*, int64_t), void* context, int64_t tasks) {
    for (int64_t task; (task = next_.fetch_add(1, std::memory_order_relaxed)) < tasks;) body(context, task);
  }

  void work() {
    uint64_t seen = 0;
    for (;;) {
      for (int spin = 0; spin < kSpins && loop_.load(std::memory_order_acquire) == seen; ++spin) {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
        __builtin_ia32_pause();
#endif
      }
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || loop_.load(std::memory_order_relaxed) != seen; });
      if (stop_) return;
      seen = loop_.load(std::memory_order_relaxed);
      if (!open_) continue; /* the others were faster */
      ++inside_;
      void (*body)(void*, int64_t) = body_;
      void* context = context_;
      const int64_t tasks = tasks_;
      lock.unlock();
      take_tasks(body, context, tasks);
      lock.lock();
      if (--inside_ == 0) left_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, left_;
  std::vector<std::thread> workers_;
  std::atomic<int64_t> next_{0};
  std::atomic<uint64_t> loop_{0};
  void (*body_)(void*, int64_t) = nullptr;
  void* context_ = nullptr;
  int64_t tasks_ = 0;
  int inside_ = 0;
  bool open_ = false, stop_ = false;
};

/* Held while a loop runs, so that a second caller finds it busy. Never destroyed: threads may outlive main. */
struct State {
  std::mutex busy;
  Pool* pool = nullptr;
  std::atomic<int> threads{0}; /* 0: not asked yet */
};
State* state = new State;

/* Threads do not survive fork(): the child starts with a pool of its own, and forgets the parent's locks. */
void forget_after_fork() {
  const int threads = state->threads.load();
  state = new State;
  state->threads = threads;
}

struct AtFork {
  AtFork() {
#if !defined(_WIN32)
    pthread_atfork(nullptr, nullptr, forget_after_fork);
#endif
  }
} at_fork;

}  // namespace

int num_threads() {
  int threads = state->threads.load(std::memory_order_relaxed);
  if (threads == 0) {
    threads = default_threads();
    state->threads.store(threads, std::memory_order_relaxed);
  }
  return threads;
}

void set_num_threads(int threads) {
  std::lock_guard<std::mutex> lock(state->busy);
  delete state->pool;
  state->pool = nullptr;
  if (threads > kMostThreads) threads = kMostThreads;
  state->threads = threads > 0 ? threads : default_threads();
}

void parallel_for(int64_t tasks, void (*body)(void*, int64_t), void* context) {
  if (tasks > 1 && num_threads() > 1) {
    std::unique_lock<std::mutex> lock(state->busy, std::try_to_lock);
    if (lock.owns_lock()) {
      if (state->pool == nullptr) state->pool = new Pool(num_threads());
      state->pool->run(tasks, body, context);
      return;
    }
  }
  for (int64_t task = 0; task < tasks; ++task) body(context, task);
}

}  // namespace tfsg
