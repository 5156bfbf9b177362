#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}

namespace edgebench {

// `text` with every byte that is no part of well-formed UTF-8 (Unicode 15,
// table 3-7) replaced by U+FFFD.
std::string ValidUtf8(absl::string_view text);

// Does so with every string of a message. Protobuf writes a string of any bytes,
// and then refuses to read the message: what a model or a library says must not
// make a result unreadable.
void MakeTextValid(google::protobuf::Message& message);

}  // namespace edgebench
