// The threads of a block as fibres: each runs until it waits or returns, then the next one does.
//
// So barriers are really barriers: a value that is read before it was written is poison here as it may be on a GPU.
// Odd blocks run their threads in reverse, so that no order of threads can be relied upon.
#include "blocks.h"

#include <setjmp.h>
#include <ucontext.h>

#include <cstdlib>
#include <vector>

namespace tfsg {

Dimensions current_thread, current_block;

namespace {

constexpr size_t kStack = 128 * 1024;
constexpr int kWarp = 32;

enum State { kReady, kAtBarrier, kAtBallot, kDone };

struct Fibre {
  ucontext_t start;
  jmp_buf place;
  bool started = false;
  State state;
  bool predicate;
  std::vector<char> stack;
};

std::vector<Fibre> fibres;
std::vector<float> shared_memory;
std::vector<unsigned> ballots;
jmp_buf scheduler;
Entry entry_point;
const void* entry_parameters;

void wait_as(State state) {
  Fibre& fibre = fibres[current_thread.x];
  fibre.state = state;
  if (_setjmp(fibre.place) == 0) _longjmp(scheduler, 1);
}

// A fibre serves block after block: to make one costs more than a thread does.
void run_thread() {
  for (;;) {
    entry_point(entry_parameters);
    wait_as(kDone);
  }
}

void resume(int thread) {
  Fibre& fibre = fibres[thread];
  current_thread.x = thread;
  if (_setjmp(scheduler) != 0) return;
  if (fibre.started) _longjmp(fibre.place, 1);
  fibre.started = true;
  getcontext(&fibre.start);
  fibre.start.uc_stack.ss_sp = fibre.stack.data();
  fibre.start.uc_stack.ss_size = fibre.stack.size();
  fibre.start.uc_link = nullptr;
  makecontext(&fibre.start, run_thread, 0);
  setcontext(&fibre.start);
}

// What is in the middle of a kernel that went wrong begins anew.
const char* give_up(const char* error) {
  for (Fibre& fibre : fibres) fibre.started = false;
  return error;
}

// Lets the warps that have all voted, or whose other threads are gone, go on. True if there was one.
bool count_votes(int threads, const char** error) {
  bool any = false;
  for (int warp = 0; warp < threads; warp += kWarp) {
    int voters = 0;
    unsigned votes = 0;
    for (int lane = 0; lane < kWarp; ++lane) {
      const Fibre& fibre = fibres[warp + lane];
      voters += fibre.state == kAtBallot;
      if (fibre.state == kAtBallot && fibre.predicate) votes |= 1u << lane;
    }
    if (voters == 0) continue;
    if (voters != kWarp) {
      *error = "some threads of a warp did not take part in a ballot";
      return false;
    }
    ballots[warp / kWarp] = votes;
    for (int lane = 0; lane < kWarp; ++lane) fibres[warp + lane].state = kReady;
    any = true;
  }
  return any;
}

}  // namespace

float* current_shared_memory() { return shared_memory.data(); }

void wait_for_block() { wait_as(kAtBarrier); }

unsigned wait_for_warp(bool predicate) {
  fibres[current_thread.x].predicate = predicate;
  wait_as(kAtBallot);
  return ballots[current_thread.x / kWarp];
}

const char* run_blocks(Entry entry, int64_t blocks, int threads, int shared_bytes, const void* parameters) {
  if (static_cast<int>(fibres.size()) < threads) {
    fibres.resize(threads);
    for (Fibre& fibre : fibres) fibre.stack.resize(kStack);
  }
  entry_point = entry;
  entry_parameters = parameters;
  ballots.assign((threads + kWarp - 1) / kWarp, 0u);
  const size_t words = shared_bytes / 4, guard = 64;
  for (int64_t block = 0; block < blocks; ++block) {
    current_block.x = static_cast<unsigned>(block);
    shared_memory.assign(words + guard, bits_to_float(0x7fbadbadu));  // a NaN
    for (Fibre& fibre : fibres) fibre.state = kReady;
    for (bool running = true; running;) {
      for (int i = 0; i < threads; ++i) {
        const int thread = block % 2 ? threads - 1 - i : i;
        if (fibres[thread].state == kReady) resume(thread);
      }
      const char* error = nullptr;
      if (count_votes(threads, &error)) continue;
      if (error) return give_up(error);
      int waiting = 0;
      for (int i = 0; i < threads; ++i) waiting += fibres[i].state == kAtBarrier;
      if (waiting != 0 && waiting != threads) return give_up("some threads of a block did not come to a barrier");
      for (int i = 0; i < threads && waiting; ++i) fibres[i].state = kReady;
      running = waiting != 0;
    }
    for (size_t i = 0; i < guard; ++i) {
      if (float_to_bits(shared_memory[words + i]) != 0x7fbadbadu) return "a kernel wrote beyond its shared memory";
    }
  }
  return nullptr;
}

}  // namespace tfsg
