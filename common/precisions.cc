#include "common/precisions.h"

namespace edgebench {

bool IsInt8(v1::Precision precision) {
  return precision == v1::PRECISION_INT8_DYNAMIC || precision == v1::PRECISION_INT8_STATIC ||
         precision == v1::PRECISION_INT8_WEIGHT_ONLY || precision == v1::PRECISION_INT8_QAT;
}

bool IsQuantizing(v1::Precision precision) {
  return IsInt8(precision) || precision == v1::PRECISION_FP16 || precision == v1::PRECISION_BF16;
}

bool IsCalibrated(v1::Precision precision) {
  return precision == v1::PRECISION_INT8_STATIC || precision == v1::PRECISION_INT8_QAT;
}

bool UsesEngine(v1::Precision precision) {
  return precision == v1::PRECISION_INT8_DYNAMIC || IsCalibrated(precision) ||
         precision == v1::PRECISION_AS_STORED;
}

bool TakesEmbeddings(v1::Precision precision) {
  return precision == v1::PRECISION_INT8_DYNAMIC || precision == v1::PRECISION_INT8_WEIGHT_ONLY;
}

}  // namespace edgebench
