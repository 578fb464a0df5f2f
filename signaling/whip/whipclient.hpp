// The element whipclient; its properties are those of clientsignaling.cpp.
#pragma once

#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(whipclient)
