// The element janusclient; its properties are those of janusclient.cpp.
#pragma once

#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(janusclient)
