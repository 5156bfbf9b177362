#include "common/valid_text.h"

#include <algorithm>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace edgebench {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

bool IsBetween(char c, unsigned low, unsigned high) {
  const unsigned byte = static_cast<unsigned char>(c);
  return low <= byte && byte <= high;
}

// How many bytes follow a first byte, and what the first of them may be: the
// narrower ranges keep out overlong forms, surrogates and what lies above U+10FFFF.
struct Form {
  size_t following = 0;
  unsigned low = 0x80, high = 0xBF;
};

Form FormOf(char first) {
  if (IsBetween(first, 0xC2, 0xDF)) return {1};
  if (IsBetween(first, 0xE0, 0xE0)) return {2, 0xA0, 0xBF};
  if (IsBetween(first, 0xED, 0xED)) return {2, 0x80, 0x9F};
  if (IsBetween(first, 0xE1, 0xEF)) return {2};
  if (IsBetween(first, 0xF0, 0xF0)) return {3, 0x90, 0xBF};
  if (IsBetween(first, 0xF1, 0xF3)) return {3};
  if (IsBetween(first, 0xF4, 0xF4)) return {3, 0x80, 0x8F};
  return {};
}

// The length of the character that `text` begins with; 0 when it is ill-formed.
size_t CharacterLength(absl::string_view text) {
  if (IsBetween(text[0], 0x00, 0x7F)) return 1;
  const Form form = FormOf(text[0]);
  if (form.following == 0 || text.size() <= form.following) return 0;
  if (!IsBetween(text[1], form.low, form.high)) return 0;
  const absl::string_view rest = text.substr(2, form.following - 1);
  const bool whole =
      std::all_of(rest.begin(), rest.end(), [](char c) { return IsBetween(c, 0x80, 0xBF); });
  return whole ? form.following + 1 : 0;
}

void MakeFieldValid(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  const bool is_text = field.type() == FieldDescriptor::TYPE_STRING;
  const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (!is_text && !is_message) return;
  if (!field.is_repeated()) {
    if (is_message) return MakeTextValid(*reflection.MutableMessage(&message, &field));
    return reflection.SetString(&message, &field, ValidUtf8(reflection.GetString(message, &field)));
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (is_message) {
      MakeTextValid(*reflection.MutableRepeatedMessage(&message, &field, i));
    } else {
      reflection.SetRepeatedString(&message, &field, i,
                                   ValidUtf8(reflection.GetRepeatedString(message, &field, i)));
    }
  }
}

}  // namespace

std::string ValidUtf8(absl::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    const absl::string_view piece = length == 0 ? kReplacement : text.substr(0, length);
    valid.append(piece.data(), piece.size());
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return valid;
}

void MakeTextValid(Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) MakeFieldValid(message, *field);
}

}  // namespace edgebench
