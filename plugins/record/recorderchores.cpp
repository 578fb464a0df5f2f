// The part of Recorder that keeps house: room on the disk, recordings that have had their time, and
// who is told of them.
#include "plugins/record/archive.hpp"
#include "plugins/record/filename.hpp"
#include "plugins/record/leftmanifest.hpp"
#include "plugins/record/messages.hpp"
#include "plugins/record/recorder.hpp"

#include <algorithm>

namespace rtc {
namespace {
constexpr std::chrono::seconds space_interval{1};
constexpr size_t most_names = 10; // in a warning
} // namespace

void Recorder::start_chores(const RecordSettings& settings) {
    RetentionLimits limits{settings.retention_age, settings.retention_size};
    if (limits.any())
        retention_ = Retention::start(
            limits, fixed_directory(settings.location), placeholder_depth(settings.location),
            [weak = weak_from_this()](const Expired& expired, const std::string& trouble) {
                if (auto self = weak.lock())
                    self->recording_expired(expired, trouble);
            });
    if (settings.min_free_space > 0)
        loop_->call([&] {
            space_watch_ = loop_->every(space_interval, [weak = weak_from_this()] {
                if (auto self = weak.lock())
                    self->for_each_call("", [](auto& recording) { recording.check_space(); });
            });
        });
}

Result<void> Recorder::start_hooks(const RecordSettings& settings) {
    HookSettings hooks;
    hooks.command = settings.on_finished_command;
    hooks.webhook = {settings.webhook, settings.webhook_secret_file, settings.webhook_ca_file,
                     settings.webhook_allow_http,
                     std::chrono::milliseconds(settings.webhook_timeout)};
    auto started = Hooks::start(hooks, [weak = weak_from_this()](const std::string& trouble) {
        if (auto self = weak.lock())
            GST_ELEMENT_WARNING(self->element_, RESOURCE, FAILED, ("%s", trouble.c_str()),
                                (nullptr));
    });
    if (!started)
        return started.error();
    hooks_ = *started;
    return {};
}

// On the loop.
void Recorder::tell_hooks(Hooks::Event event, const Manifest& manifest) {
    if (hooks_)
        hooks_->tell(event, manifest);
}

// Those that an earlier process could not finish; what it left of parts is looked after elsewhere.
void Recorder::settle_manifests(const std::string& directory, guint depth) {
    const std::atomic<bool> never = false;
    for (const auto& recording : list_stored(directory, depth, never)) {
        if (recording.finished)
            continue;
        auto settled = settle_manifest(recording);
        std::string trouble = settled ? "" : settled.error().message;
        for (const auto& name : settled ? settled->missing : std::vector<std::string>())
            trouble += (trouble.empty() ? recording.manifest + ": there is no " : ", no ") + name;
        leftover_finished(settled ? settled->location : "", recording.manifest, trouble);
    }
}

void Recorder::warn_of_unmarked(const std::vector<std::string>& paths) {
    std::string names;
    for (size_t i = 0; i < std::min(paths.size(), most_names); i++)
        names += (i > 0 ? ", " : "") + paths[i];
    if (paths.size() > most_names)
        names += " and " + std::to_string(paths.size() - most_names) + " more";
    auto text = "Not made by a recorder, and left as they are: " + names +
                "; what is named like a part of a recording is better kept elsewhere";
    GST_ELEMENT_WARNING(element_, RESOURCE, FAILED, ("%s", text.c_str()), (nullptr));
}

void Recorder::recording_expired(const Expired& expired, const std::string& trouble) {
    if (!trouble.empty())
        GST_ELEMENT_WARNING(element_, RESOURCE, FAILED, ("%s", trouble.c_str()), (nullptr));
    else
        post(deleted_message(expired));
}

} // namespace rtc
