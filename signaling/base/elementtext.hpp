// Elements and their properties from text, as people write them in pipelines. Whatever is not taken
// is an error that names it and says what to write, but repeats no value, which may be a secret.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <string>
#include <string_view>

namespace rtc {

// An element from its factory's name and its properties, "whipserver port=8080 token='a b'": blanks
// separate them, quotes keep blanks in a value, a backslash keeps the character behind it.
Result<Ref<GstElement>> make_element(std::string_view text);

// Sets a property: strings as they are, anything else as gst-launch-1.0 reads it.
Result<void> set_from_text(GstElement* element, const std::string& property,
                           const std::string& text);

} // namespace rtc
