#include "plugins/hooks/command.hpp"

#include "signaling/base/descriptors.hpp"

namespace rtc {

// Held by GIO until the program has ended, or nobody waits for it any more.
struct Command::Running {
    std::weak_ptr<Command> command;
    std::string argument;
};

Command::Command(std::vector<std::string> words, Tell tell)
    : words_(std::move(words))
    , tell_(std::move(tell))
    , cancel_(adopt(g_cancellable_new()))
    , loop_(std::make_unique<Loop>("rtccommand")) {}

Result<std::shared_ptr<Command>> Command::create(const std::string& text, Tell tell) {
    GError* failure = nullptr;
    char** parsed = nullptr;
    if (!g_shell_parse_argv(text.c_str(), nullptr, &parsed, &failure)) {
        Owned<GError> error{failure};
        return Error{std::string("the command can't be read: ") + error->message};
    }
    std::vector<std::string> words;
    for (char** word = parsed; *word; word++)
        words.emplace_back(*word);
    g_strfreev(parsed);
    Owned<char> program{g_find_program_in_path(words.front().c_str())};
    if (!program)
        return Error{"there is no program " + words.front() +
                     "; write its path, or install it where PATH leads"};
    return std::shared_ptr<Command>(new Command(std::move(words), std::move(tell)));
}

Command::~Command() {
    close(std::chrono::milliseconds(0));
}

void Command::run(const std::string& argument, const Variables& environment) {
    {
        std::lock_guard lock(mutex_);
        running_++;
    }
    loop_->post([weak = weak_from_this(), argument, environment] {
        if (auto self = weak.lock())
            self->start(argument, environment);
    });
}

void Command::start(const std::string& argument, const Variables& environment) {
    auto launcher = adopt(g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE));
    g_subprocess_launcher_set_child_setup(
        launcher.get(), [](gpointer) { restore_descriptor_limit(); }, nullptr, nullptr);
    for (const auto& [name, value] : environment)
        g_subprocess_launcher_setenv(launcher.get(), name.c_str(), value.c_str(), TRUE);
    std::vector<const char*> words;
    for (const auto& word : words_)
        words.push_back(word.c_str());
    words.push_back(argument.c_str());
    words.push_back(nullptr);
    GError* failure = nullptr;
    auto process = adopt(g_subprocess_launcher_spawnv(launcher.get(), words.data(), &failure));
    Owned<GError> error{failure};
    if (!process)
        return ended({weak_from_this(), argument}, std::string("can't run: ") + error->message);
    auto over = [](GObject* source, GAsyncResult* result, gpointer data) {
        std::unique_ptr<Running> running(static_cast<Running*>(data));
        GError* trouble = nullptr;
        g_subprocess_wait_check_finish(G_SUBPROCESS(source), result, &trouble);
        Owned<GError> owned{trouble};
        bool left = g_error_matches(trouble, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        if (auto self = running->command.lock())
            self->ended(*running, trouble && !left ? trouble->message : "");
    };
    g_subprocess_wait_check_async(process.get(), cancel_.get(), over,
                                  new Running{weak_from_this(), argument});
}

void Command::ended(const Running& running, const std::string& trouble) {
    if (!trouble.empty())
        tell_(words_.front() + " for " + running.argument + ": " + trouble);
    std::lock_guard lock(mutex_);
    if (--running_ == 0)
        idle_.notify_all();
}

void Command::close(std::chrono::milliseconds deadline) {
    {
        std::unique_lock lock(mutex_);
        idle_.wait_for(lock, deadline, [&] { return running_ == 0; });
    }
    g_cancellable_cancel(cancel_.get());
}

} // namespace rtc
