#include "agent/free_memory.h"

#include <malloc.h>

namespace edgebench::agent {

void UseLittleMemory() {
  // One arena: malloc_trim gives back the end of the main arena only, and what
  // an upload leaves behind at the end of another one would stay.
  mallopt(M_ARENA_MAX, 1);
  // Chunks of an upload are taken from the heap again and again. Mapped and
  // unmapped each time, as glibc would at first, they cost a page fault per 4 KiB.
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

void ReturnFreeMemory() { malloc_trim(0); }

}  // namespace edgebench::agent
