#pragma once

namespace edgebench::worker {

// Keeps oneDNN 2 from its int8 kernels for AMX, which write beyond their output:
// jit_1x1:avx512_core_amx_int8 of 2.6.3 (Debian 12) corrupts the heap for 1x1
// convolutions over 6 x 6 pixels, so that mobilenet_v2 at 96 x 96 crashes. The
// next lower level, AVX-512 with VNNI and bfloat16, is what such a processor gets.
// Does nothing for oneDNN 3, nor where the user chose a level with
// ONEDNN_MAX_CPU_ISA. Call before the first operator runs, from one thread.
void KeepOneDnnFromFaultyKernels();

}  // namespace edgebench::worker
