// The element whipserver; its properties are those of httpsignaling.hpp.
#pragma once

#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(whipserver)
