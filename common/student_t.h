#pragma once

namespace edgebench {

// The t for which a Student-t variable with this many degrees of freedom lies in
// [-t, t] with probability 0.95; degrees may be broken and are at least 1. By
// G. W. Hill, Algorithm 396: Student's t-quantiles, Communications of the ACM
// 13(10), 1970. Exact for 1 and 2 degrees; from 3 on right to 5 digits.
double StudentT95(double degrees);

}  // namespace edgebench
