#include "text/code_point.h"

namespace hb::text {

#include "text/code_point_table.inc"
#include "text/fold_table.inc"

}  // namespace hb::text
