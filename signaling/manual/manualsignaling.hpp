// The element manualsignaling; its properties are those of manualsignaling.cpp.
#pragma once

#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(manualsignaling)
