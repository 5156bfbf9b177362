#include "controller/report/page/page.h"

#include <zlib.h>

#include <cstddef>
#include <new>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

extern "C" {
extern const char kEdgebenchReportPageBegin[];
extern const char kEdgebenchReportPageEnd[];
}

namespace edgebench::controller {
namespace {

// As in build.mjs, which sees to it that the page holds this once.
constexpr absl::string_view kSlot = "@EDGEBENCH_REPORT_DATA@";

absl::string_view EmptyPage() {
  return {kEdgebenchReportPageBegin,
          static_cast<size_t>(kEdgebenchReportPageEnd - kEdgebenchReportPageBegin)};
}

std::string Compressed(absl::string_view bytes) {
  const auto size = static_cast<uLong>(bytes.size());
  uLongf compressed_size = compressBound(size);
  std::string compressed(compressed_size, '\0');
  const int result =
      compress2(reinterpret_cast<Bytef*>(compressed.data()), &compressed_size,
                reinterpret_cast<const Bytef*>(bytes.data()), size, Z_BEST_COMPRESSION);
  // There is room for the result, so that memory is all that may be missing.
  if (result != Z_OK) throw std::bad_alloc();
  compressed.resize(compressed_size);
  return compressed;
}

}  // namespace

std::string ReportPage(absl::string_view json) {
  const absl::string_view page = EmptyPage();
  const size_t slot = page.find(kSlot);
  return absl::StrCat(page.substr(0, slot), absl::Base64Escape(Compressed(json)),
                      page.substr(slot + kSlot.size()));
}

}  // namespace edgebench::controller
