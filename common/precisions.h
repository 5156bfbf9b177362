#pragma once

#include "edgebench/v1/job.pb.h"

namespace edgebench {

// What precisions have in common: which settings apply to which.

// Any of the methods int8-...
bool IsInt8(v1::Precision precision);

// Makes another model of the one that is given: all but fp32 and as-stored.
bool IsQuantizing(v1::Precision precision);

// Ranges of activations are found ahead, from data: int8-static, int8-qat.
bool IsCalibrated(v1::Precision precision);

// Operators run in a quantized engine, or may: a file as it is stored can hold such.
// int8-weight-only computes in fp32, without one.
bool UsesEngine(v1::Precision precision);

// Embeddings can be int8: int8-dynamic, int8-weight-only.
bool TakesEmbeddings(v1::Precision precision);

}  // namespace edgebench
