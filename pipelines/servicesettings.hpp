// A service's settings file: a group for each element, a key for each of its properties.
//
//   [signaling]
//   element=whipserver
//   port=8443
//
//   [rtcrecordsink]
//   location=/var/lib/record-calls/{time:%Y-%m-%d}/{session}.mkv
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <map>
#include <string>
#include <vector>

namespace rtc {

// By group, by key.
using ServiceSettings = std::map<std::string, std::map<std::string, std::string>>;

// Values are as gst-launch-1.0 takes them, without quotes; only the given groups may occur. Errors
// name the file, and what to write.
Result<ServiceSettings> read_service_settings(const std::string& path,
                                              const std::vector<std::string>& groups);
// Sets each key as a property, except "element". An unknown property or a value that it doesn't
// take is an error that doesn't repeat the value, which may be a secret.
Result<void> apply_settings(GstElement* element, const std::string& group,
                            const std::map<std::string, std::string>& values);

} // namespace rtc
