// What rtc-room-server can be told: by a file, by the command line, or both. Pure but for the file.
#pragma once

#include "signaling/base/element.hpp"
#include "signaling/base/result.hpp"
#include "signaling/room/service.hpp"

#include <span>

namespace rtc {

struct RoomServerOptions : room::ServerSettings {
    RoomServerOptions() {
        rooms_by_path = true;
        max_peers = 1000;
        pages = false;
    }
    std::string monitor_address = "127.0.0.1";
    guint monitor_port = 0;
    guint drain_timeout = 30; // seconds
    std::string redis;
    std::string redis_password_file;
    std::string redis_prefix = "rtc-room";
    guint redis_expiry = 6000; // milliseconds
};

std::span<const Property<RoomServerOptions>> room_server_options();

// The value of one option, as text; the error says what it may be.
Result<void> set_option(RoomServerOptions& options, std::string_view name, const std::string& text);
// The group [server] of a key file.
Result<void> read_config(RoomServerOptions& options, const std::string& text);
// --name=value, or --name for true; --config=FILE is read first, wherever it stands. Without the
// program's name.
Result<RoomServerOptions> read_arguments(std::span<char* const> arguments);
std::string help_text();

} // namespace rtc
