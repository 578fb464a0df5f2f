// The pages that come with the plugin (pipelines/web), out of its resources.
#pragma once

#include "signaling/http/message.hpp"

#include <optional>

namespace rtc::http {

// The page or asset of a path: "/" is index.html, "/watch" is watch.html, others go by their file
// names. 304 where the client has it. Nothing for what doesn't exist.
std::optional<Response> find_page(const Head& head);

// The type to serve a file as, after its ending.
std::string content_type_of(std::string_view file_name);

} // namespace rtc::http
