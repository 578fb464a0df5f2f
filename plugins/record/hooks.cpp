#include "plugins/record/hooks.hpp"

#include "plugins/record/partfile.hpp"
#include "signaling/base/json.hpp"

namespace rtc {
namespace {

const char* type_of(Hooks::Event event) {
    switch (event) {
    case Hooks::Event::started:
        return "recording.started";
    case Hooks::Event::segment:
        return "recording.segment";
    case Hooks::Event::finished:
        break;
    }
    return "recording.finished";
}

// Whoever is told may stand in another directory.
std::string absolute(const std::string& path) {
    Owned<char> text{g_canonicalize_filename(path.c_str(), nullptr)};
    Owned<char> valid{g_utf8_make_valid(text.get(), -1)};
    return valid.get();
}

} // namespace

Result<std::shared_ptr<Hooks>> Hooks::start(const HookSettings& settings, const Tell& tell) {
    if (settings.command.empty() && settings.webhook.url.empty())
        return std::shared_ptr<Hooks>();
    auto hooks = std::make_shared<Hooks>();
    if (!settings.command.empty()) {
        auto command = Command::create(settings.command, [tell](const std::string& trouble) {
            tell("on-finished-command: " + trouble);
        });
        if (!command)
            return Error{"on-finished-command: " + command.error().message};
        hooks->command_ = *command;
    }
    if (!settings.webhook.url.empty()) {
        auto undelivered = [tell](const WebhookMessage& message, const std::string& why) {
            tell("The webhook was not told of " + message.about + " (" + message.type +
                 "): " + why);
        };
        auto webhook = Webhook::create(settings.webhook, undelivered);
        if (!webhook)
            return webhook.error();
        hooks->webhook_ = *webhook;
    }
    return hooks;
}

void Hooks::tell(Event event, const Manifest& manifest) {
    if (manifest.segments.empty())
        return;
    const auto& first = manifest.segments.front().location;
    const auto& location = event == Event::segment ? manifest.segments.back().location : first;
    send({event, location, manifest_path(first), to_json(manifest), manifest.id, manifest.reason});
}

void Hooks::tell_recovered(const std::string& location, const std::string& path) {
    char* text = nullptr;
    if (!g_file_get_contents(path.c_str(), &text, nullptr, nullptr))
        return;
    Owned<char> owned{text};
    auto manifest = JsonValue::parse(text);
    if (manifest)
        send({Event::finished, location, path, text, manifest->text("id").value_or(""),
              interrupted_reason});
}

void Hooks::send(const Message& message) {
    auto location = absolute(message.location);
    auto manifest = absolute(message.manifest_path);
    if (command_ && message.event == Event::finished)
        command_->run(manifest, {{"RTC_RECORDING_MANIFEST", manifest},
                                 {"RTC_RECORDING_LOCATION", location},
                                 {"RTC_RECORDING_ID", message.id},
                                 {"RTC_RECORDING_REASON", message.reason}});
    if (!webhook_)
        return;
    auto now = adopt(g_date_time_new_now_utc());
    JsonWriter json;
    json.text("type", type_of(message.event)).text("timestamp", utc_text(now.get()));
    json.begin_object("data").text("location", location).text("manifest", manifest);
    json.json("recording", message.manifest).end_object();
    Owned<char> id{g_uuid_string_random()};
    webhook_->send(
        {std::string("msg_") + id.get(), type_of(message.event), location, json.finish()});
}

void Hooks::close(std::chrono::milliseconds deadline) {
    auto until = g_get_monotonic_time() + deadline.count() * 1000;
    if (webhook_)
        webhook_->close(deadline);
    auto left =
        std::chrono::milliseconds(std::max(until - g_get_monotonic_time(), gint64(0)) / 1000);
    if (command_)
        command_->close(left);
}

} // namespace rtc
