// common.h, and what every test reads besides.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common.h"
