#pragma once

namespace edgebench::agent {

// Sets the allocator up so that memory is reused at once while something large
// passes through, and ReturnFreeMemory can give all of it back. Called once,
// before threads start.
void UseLittleMemory();

// Gives memory that is free inside this process back to the system: after
// something large has passed through.
void ReturnFreeMemory();

}  // namespace edgebench::agent
