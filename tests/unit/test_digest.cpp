#include "plugins/record/digest.hpp"

#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>

#include <condition_variable>
#include <mutex>

using namespace rtc;

struct File {
    explicit File(const std::string& content) {
        Owned<char> made{g_dir_make_tmp("rtc-digest-XXXXXX", nullptr)};
        folder = made.get();
        path = folder + "/file";
        g_assert_true(
            g_file_set_contents(path.c_str(), content.data(), gssize(content.size()), nullptr));
    }
    ~File() {
        g_unlink(path.c_str());
        g_rmdir(folder.c_str());
    }
    std::string folder;
    std::string path;
};

// FIPS 180-2, appendix B.1 and B.3.
static void known_answers() {
    std::atomic<bool> stop = false;
    RTC_ASSERT_TEXT(*sha256_of_file(File("abc").path, stop),
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    RTC_ASSERT_TEXT(*sha256_of_file(File(std::string(1000000, 'a')).path, stop),
                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    RTC_ASSERT_TEXT(*sha256_of_file(File("").path, stop),
                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void refused() {
    std::atomic<bool> stop = false;
    auto missing = sha256_of_file("/no/such/file", stop);
    g_assert_false(bool(missing));
    g_assert_nonnull(strstr(missing.error().message.c_str(), "/no/such/file"));
    stop = true;
    g_assert_false(bool(sha256_of_file(File("abc").path, stop)));
}

static void on_the_loop() {
    File file("abc");
    Loop loop("test");
    std::mutex mutex;
    std::condition_variable told;
    std::string sum;
    auto digest = Digest::start(loop, file.path, [&](const Result<std::string>& result) {
        g_assert_true(loop.is_current());
        std::lock_guard lock(mutex);
        sum = *result;
        told.notify_all();
    });
    std::unique_lock lock(mutex);
    g_assert_true(told.wait_for(lock, std::chrono::seconds(20), [&] { return !sum.empty(); }));
    g_assert_true(sum.starts_with("ba7816bf"));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/digest/known-answers", known_answers);
    g_test_add_func("/digest/refused", refused);
    g_test_add_func("/digest/on-the-loop", on_the_loop);
    return g_test_run();
}
