#pragma once

namespace edgebench::worker {

// Brings LibTorch to the state in which jobs find it. Once per process.
void StartLibrary();

}  // namespace edgebench::worker
