// What is told of recordings outside of the pipeline: a command for each that is finished, and a
// webhook.
//
// Life: tell() and tell_recovered() return at once, on any thread. close() waits for what is on its
// way, but not for long.
#pragma once

#include "plugins/hooks/command.hpp"
#include "plugins/hooks/webhook.hpp"
#include "plugins/record/manifest.hpp"

namespace rtc {

struct HookSettings {
    std::string command; // on-finished-command
    Webhook::Options webhook;
};

class Hooks {
public:
    enum class Event { started, segment, finished };
    // What went wrong, for a person. On any thread.
    using Tell = std::function<void(const std::string& trouble)>;

    // Refused: settings that can't work. nullptr where nothing is to be told.
    static Result<std::shared_ptr<Hooks>> start(const HookSettings& settings, const Tell& tell);
    void tell(Event event, const Manifest& manifest);
    // Of a recording that an earlier process had left, by the manifest that it has on disk.
    void tell_recovered(const std::string& location, const std::string& manifest_path);
    void close(std::chrono::milliseconds deadline);

private:
    struct Message {
        Event event;
        std::string location;      // "" where no file is there
        std::string manifest_path; // "" where none is there
        std::string manifest;      // JSON
        std::string id;            // of the recording
        std::string reason;
    };
    void send(const Message& message);

    void run_command(const Message& message);
    void tell_webhook(const Message& message);

    Tell tell_;
    std::shared_ptr<Command> command_;
    std::shared_ptr<Webhook> webhook_;
};

} // namespace rtc
