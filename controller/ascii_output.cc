#include "controller/ascii_output.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace edgebench::controller {
namespace {

struct Likeness {
  absl::string_view character;
  char ascii;
};

constexpr Likeness kLikenesses[] = {
    {"±", '~'}, {"×", 'x'}, {"µ", 'u'}, {"≈", '~'}, {"°", ' '},  {"·", '-'}, {"–", '-'}, {"—", '-'},
    {"…", '.'}, {"→", '>'}, {"≤", '<'}, {"≥", '>'}, {"▁", ' '},  {"▂", '.'}, {"▃", ':'}, {"▄", '-'},
    {"▅", '='}, {"▆", '+'}, {"▇", '*'}, {"█", '#'}, {"’", '\''}, {"“", '"'}, {"”", '"'}};

// Of a first byte.
size_t LengthOf(unsigned char lead) {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

char AsciiOf(absl::string_view character) {
  for (const Likeness& one : kLikenesses)
    if (one.character == character) return one.ascii;
  return '?';
}

}  // namespace

bool LocaleHasUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string lower = absl::AsciiStrToLower(value);
    return absl::StrContains(lower, "utf-8") || absl::StrContains(lower, "utf8");
  }
  return false;
}

AsciiBuffer::int_type AsciiBuffer::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const char c = traits_type::to_char_type(byte);
  const auto value = static_cast<unsigned char>(c);
  const bool goes_on = (value & 0xc0) == 0x80 && !pending_.empty();
  if (!goes_on && !pending_.empty()) {
    pending_.clear();  // was cut short
    if (traits_type::eq_int_type(sink_.sputc('?'), traits_type::eof())) return traits_type::eof();
  }
  if (value < 0x80) return sink_.sputc(c);
  pending_ += c;
  if (pending_.size() < LengthOf(static_cast<unsigned char>(pending_.front()))) return byte;
  const char ascii = AsciiOf(pending_);
  pending_.clear();
  return sink_.sputc(ascii);
}

int AsciiBuffer::sync() { return sink_.pubsync(); }

}  // namespace edgebench::controller
