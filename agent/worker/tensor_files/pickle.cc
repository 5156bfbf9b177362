#include "agent/worker/tensor_files/pickle.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/worker/tensor_files/pickle_objects.h"
#include "agent/worker/tensor_files/pickle_stack.h"
#include "common/status_macros.h"

namespace edgebench::tensor_files {
namespace {

using Kind = PickleValue::Kind;

// The machine of Python's pickletools, as far as protocols 2 to 5 of torch.save
// need it: a stack, marks on it, and a memo.
class Parser {
 public:
  explicit Parser(absl::string_view bytes) : bytes_(bytes) {}

  absl::StatusOr<Pickle> Run() {
    while (root_ == nullptr) {
      EDGEBENCH_ASSIGN_OR_RETURN(const uint64_t opcode, Number(1));
      EDGEBENCH_RETURN_IF_ERROR(Step(static_cast<unsigned char>(opcode)));
    }
    return Pickle{stack_.TakeValues(), root_};
  }

 private:
  absl::Status Step(unsigned char opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        return Number(1).status();
      case 0x95:  // FRAME
        return Number(8).status();
      case '.':  // STOP
        return Stop();
      case '(':  // MARK
        return stack_.Mark();
      case '0':  // POP
        return stack_.Pop().status();
      case 'c':  // GLOBAL
        return PushGlobal();
      case 0x93:  // STACK_GLOBAL
        return PushStackGlobal();
      case 'R':  // REDUCE
        return Reduce();
      case 'Q':  // BINPERSID
        return PushStorage();
      case 'b':  // BUILD
        return Build();
      default:
        return StepOfMemo(opcode);
    }
  }

  absl::Status StepOfMemo(unsigned char opcode) {
    switch (opcode) {
      case 'q':  // BINPUT
        return stack_.Remember(Number(1));
      case 'r':  // LONG_BINPUT
        return stack_.Remember(Number(4));
      case 0x94:  // MEMOIZE
        return stack_.RememberNext();
      case 'h':  // BINGET
        return stack_.Recall(Number(1));
      case 'j':  // LONG_BINGET
        return stack_.Recall(Number(4));
      default:
        return StepOfContainer(opcode);
    }
  }

  absl::Status StepOfContainer(unsigned char opcode) {
    switch (opcode) {
      case '}':  // EMPTY_DICT
        return stack_.Push(Kind::kDict);
      case ']':  // EMPTY_LIST
        return stack_.Push(Kind::kList);
      case ')':  // EMPTY_TUPLE
        return stack_.Push(Kind::kTuple);
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        return stack_.PushTuple(stack_.PopItems(opcode - 0x84U));
      case 't':  // TUPLE
        return stack_.PushTuple(stack_.PopToMark());
      case 'a':  // APPEND
        return stack_.Extend(Kind::kList, stack_.PopItems(1));
      case 'e':  // APPENDS
        return stack_.Extend(Kind::kList, stack_.PopToMark());
      case 's':  // SETITEM
        return stack_.Extend(Kind::kDict, stack_.PopItems(2));
      case 'u':  // SETITEMS
        return stack_.Extend(Kind::kDict, stack_.PopToMark());
      default:
        return StepOfScalar(opcode);
    }
  }

  absl::Status StepOfScalar(unsigned char opcode) {
    switch (opcode) {
      case 'N':  // NONE
        return stack_.Push(Kind::kNone);
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        return stack_.Push(Kind::kNumber);
      case 'K':  // BININT1
        return PushNumber(Number(1), 8);
      case 'M':  // BININT2
        return PushNumber(Number(2), 8);
      case 'J':  // BININT
        return PushNumber(Number(4), 4);
      case 0x8a:  // LONG1
        return PushLong();
      case 'G':  // BINFLOAT; its value is never needed
        EDGEBENCH_RETURN_IF_ERROR(Number(8).status());
        return stack_.Push(Kind::kNumber);
      case 0x8c:  // SHORT_BINUNICODE
        return PushText(Number(1));
      case 'X':  // BINUNICODE
        return PushText(Number(4));
      case 0x8d:  // BINUNICODE8
        return PushText(Number(8));
      default:
        return absl::InvalidArgumentError(
            absl::StrCat("has a pickle with the opcode ", static_cast<int>(opcode),
                         ", which tensors, lists, tuples and dicts of them do not need"));
    }
  }

  absl::Status Stop() {
    EDGEBENCH_ASSIGN_OR_RETURN(root_, stack_.Pop());
    return absl::OkStatus();
  }

  // --- bytes

  absl::StatusOr<absl::string_view> Bytes(uint64_t count) {
    if (count > bytes_.size() - position_) return DamagedPickle();
    const absl::string_view bytes = bytes_.substr(position_, count);
    position_ += count;
    return bytes;
  }

  // Little-endian.
  absl::StatusOr<uint64_t> Number(uint64_t bytes) {
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view text, Bytes(bytes));
    uint64_t number = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      number |= uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    }
    return number;
  }

  absl::StatusOr<absl::string_view> Line() {
    const size_t end = bytes_.find('\n', position_);
    if (end == absl::string_view::npos) return DamagedPickle();
    const absl::string_view line = bytes_.substr(position_, end - position_);
    position_ = end + 1;
    return line;
  }

  // --- scalars

  // Of so many bytes, the highest of which has the sign.
  absl::Status PushNumber(const absl::StatusOr<uint64_t>& number, uint64_t bytes) {
    EDGEBENCH_RETURN_IF_ERROR(number.status());
    const uint64_t unused_bits = 64 - 8 * bytes;
    PickleValue value;
    value.kind = Kind::kNumber;
    value.number = bytes == 0 ? 0 : static_cast<int64_t>(*number << unused_bits) >> unused_bits;
    return stack_.Push(std::move(value));
  }

  absl::Status PushLong() {
    EDGEBENCH_ASSIGN_OR_RETURN(const uint64_t bytes, Number(1));
    if (bytes > 8) return absl::InvalidArgumentError("holds a number above 64 bits");
    return PushNumber(Number(bytes), bytes);
  }

  absl::Status PushText(const absl::StatusOr<uint64_t>& length) {
    EDGEBENCH_RETURN_IF_ERROR(length.status());
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view text, Bytes(*length));
    PickleValue value;
    value.kind = Kind::kText;
    value.text = std::string(text);
    return stack_.Push(std::move(value));
  }

  // --- classes and functions

  absl::Status Push(absl::StatusOr<PickleValue> value) {
    EDGEBENCH_RETURN_IF_ERROR(value.status());
    return stack_.Push(*std::move(value));
  }

  absl::Status PushGlobal() {
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view module, Line());
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view name, Line());
    return Push(MakeGlobal(absl::StrCat(module, ".", name)));
  }

  absl::Status PushStackGlobal() {
    EDGEBENCH_ASSIGN_OR_RETURN(const PickleStack::Items names, stack_.PopItems(2));
    return Push(MakeGlobal(absl::StrCat(names[0]->text, ".", names[1]->text)));
  }

  absl::Status PushStorage() {
    EDGEBENCH_ASSIGN_OR_RETURN(const PickleValue* reference, stack_.Pop());
    return Push(MakeStorage(*reference));
  }

  absl::Status Reduce() {
    EDGEBENCH_ASSIGN_OR_RETURN(const PickleStack::Items call, stack_.PopItems(2));
    return Push(MakeResult(*call[0], *call[1]));
  }

  // What a dict has besides its entries, such as the versions of a state dict.
  absl::Status Build() {
    EDGEBENCH_RETURN_IF_ERROR(stack_.Pop().status());
    return stack_.EndsWith(Kind::kDict) ? absl::OkStatus() : DamagedPickle();
  }

  absl::string_view bytes_;
  size_t position_ = 0;
  const PickleValue* root_ = nullptr;
  PickleStack stack_;
};

}  // namespace

const char* KindName(PickleValue::Kind kind) {
  switch (kind) {
    case Kind::kNone:
      return "None";
    case Kind::kNumber:
      return "a number";
    case Kind::kText:
      return "a text";
    case Kind::kTuple:
      return "a tuple";
    case Kind::kList:
      return "a list";
    case Kind::kDict:
      return "a dict";
    case Kind::kTensor:
      return "a tensor";
    case Kind::kStorage:
      return "a storage";
    case Kind::kGlobal:
      return "a class";
  }
  return "something";
}

absl::StatusOr<Pickle> ParsePickle(absl::string_view bytes) { return Parser(bytes).Run(); }

}  // namespace edgebench::tensor_files
