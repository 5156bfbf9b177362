#pragma once

#include <string>

namespace edgebench::controller {

// A random (version 4) UUID, RFC 9562: "0f8fad5b-d9cb-469f-a165-70867728950e".
std::string NewUuid();

}  // namespace edgebench::controller
