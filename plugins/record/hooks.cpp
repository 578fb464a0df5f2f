#include "plugins/record/hooks.hpp"

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
    hooks->tell_ = tell;
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
    std::string location;
    if (const auto& segments = manifest.segments; !segments.empty())
        location = (event == Event::segment ? segments.back() : segments.front()).location;
    send({event, location, manifest.path, to_json(manifest), manifest.id, manifest.reason});
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
    auto told = message;
    for (auto* path : {&told.location, &told.manifest_path})
        if (!path->empty())
            *path = absolute(*path);
    if (command_ && told.event == Event::finished && !told.location.empty())
        run_command(told);
    if (webhook_)
        tell_webhook(told);
}

void Hooks::run_command(const Message& message) {
    if (message.manifest_path.empty())
        return tell_("on-finished-command was not run for " + message.location +
                     ": there was no room for its manifest");
    command_->run(message.manifest_path, {{"RTC_RECORDING_MANIFEST", message.manifest_path},
                                          {"RTC_RECORDING_LOCATION", message.location},
                                          {"RTC_RECORDING_ID", message.id},
                                          {"RTC_RECORDING_REASON", message.reason}});
}

// What isn't there is not named.
void Hooks::tell_webhook(const Message& message) {
    auto now = adopt(g_date_time_new_now_utc());
    JsonWriter json;
    json.text("type", type_of(message.event)).text("timestamp", utc_text(now.get()));
    json.begin_object("data");
    if (!message.location.empty())
        json.text("location", message.location);
    if (!message.manifest_path.empty())
        json.text("manifest", message.manifest_path);
    json.json("recording", message.manifest).end_object();
    Owned<char> id{g_uuid_string_random()};
    auto about = message.location.empty() ? "recording " + message.id : message.location;
    webhook_->send({std::string("msg_") + id.get(), type_of(message.event), about, json.finish()});
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
