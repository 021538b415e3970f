/* A small pool of threads that share the iterations of a loop with the caller. */
#ifndef TFSG_THREAD_POOL_H_
#define TFSG_THREAD_POOL_H_

#include <stdint.h>

namespace tfsg {

/* Calls body(context, i) for every i in [0, tasks), on the calling thread and on idle threads of the pool. A caller
 * that finds the pool at work for another one runs its loop alone: TensorFlow runs several ops at once, and they must
 * not oversubscribe the cores together. What a task computes must not depend on the thread that runs it. */
void parallel_for(int64_t tasks, void (*body)(void* context, int64_t task), void* context);

template <typename Body>
void parallel_for(int64_t tasks, const Body& body) {
  parallel_for(
      tasks, [](void* context, int64_t task) { (*static_cast<const Body*>(context))(task); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

int num_threads();
void set_num_threads(int threads); /* 0: as many as the process may use, or TFSTYLEGAN_NUM_THREADS */

}  // namespace tfsg
#endif
