// manualsignaling with hosts that have no media: files and FIFOs between two of them.
#include "signaling/manual/description.hpp"
#include "signaling/manual/manualsignaling.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/offers.hpp"
#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>
#include <sys/stat.h>

using namespace rtc;
using namespace rtc::test;

namespace {

struct Folder {
    Folder()
        : path(Owned<char>(g_dir_make_tmp("manual-XXXXXX", nullptr)).get()) {}
    ~Folder() {
        for (const char* name : {"offer", "answer"})
            g_unlink(file(name).c_str());
        g_rmdir(path.c_str());
    }
    std::string file(const char* name) const { return path + "/" + name; }
    std::string path;
};

void carry(const Folder& folder, const char* form) {
    auto properties = std::string(" form=") + form;
    FakeHost one("manualsignaling peer=Ann write=" + folder.file("offer") +
                 " read=" + folder.file("answer") + properties);
    FakeHost other("manualsignaling offerer=peer write=" + folder.file("answer") +
                   " read=" + folder.file("offer") + properties);
    RTC_ASSERT_TEXT(one.launch(), "");
    RTC_ASSERT_TEXT(other.launch(), "");
    auto requested = one.wait(Report::requested);
    g_assert_true(requested.host_offers);
    RTC_ASSERT_TEXT(requested.text, "Ann");
    one.offer(requested.session, make_offer("sendonly"));
    auto incoming = other.wait(Report::requested);
    g_assert_false(incoming.host_offers);
    auto offer = other.wait(Report::description);
    RTC_ASSERT_TEXT(offer.text, make_offer("sendonly"));
    other.answer(incoming.session, make_answer());
    auto answer = one.wait(Report::description);
    g_assert_cmpint(answer.value, ==, GST_WEBRTC_SDP_TYPE_ANSWER);
    RTC_ASSERT_TEXT(answer.text, make_answer());
    one.stop();
    g_assert_cmpint(one.wait(Report::closed).value, ==, GST_RTC_END_REASON_SHUTDOWN);
}

void by_files() {
    for (const char* form : {"line", "json", "sdp"}) {
        Folder folder;
        carry(folder, form);
        struct stat info;
        g_assert_cmpint(stat(folder.file("offer").c_str(), &info), ==, 0);
        g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    }
}

void by_fifos() {
    for (const char* form : {"line", "sdp"}) {
        Folder folder;
        for (const char* name : {"offer", "answer"})
            g_assert_cmpint(mkfifo(folder.file(name).c_str(), 0600), ==, 0);
        carry(folder, form);
    }
}

// What is left of an earlier run answered another offer.
void an_old_answer_is_not_taken() {
    Folder folder;
    auto old =
        manual::to_text({GST_WEBRTC_SDP_TYPE_ANSWER, make_offer("inactive")}, manual::Form::line);
    g_assert_true(g_file_set_contents(folder.file("answer").c_str(), old.data(), -1, nullptr));
    FakeHost host("manualsignaling write=" + folder.file("offer") +
                  " read=" + folder.file("answer"));
    host.launch();
    host.offer(host.wait(Report::requested).session, make_offer("sendonly"));
    auto now = manual::to_text({GST_WEBRTC_SDP_TYPE_ANSWER, make_answer()}, manual::Form::line);
    g_assert_true(g_file_set_contents(folder.file("answer").c_str(), now.data(), -1, nullptr));
    RTC_ASSERT_TEXT(host.wait(Report::description).text, make_answer());
}

void complaints() {
    Folder folder;
    FakeHost nowhere("manualsignaling read=" + folder.file("none/answer"));
    g_assert_true(nowhere.launch().find("there is no folder") != std::string::npos);
    FakeHost host("manualsignaling offerer=peer write=" + folder.file("none/answer") +
                  " read=" + folder.file("offer"));
    host.launch();
    g_assert_true(g_file_set_contents(folder.file("offer").c_str(), "nonsense!", -1, nullptr));
    g_assert_true(host.message(GST_MESSAGE_WARNING).find("can't be read") != std::string::npos);
    auto text = make_offer("sendonly");
    g_assert_true(g_file_set_contents(folder.file("offer").c_str(), text.data(), -1, nullptr));
    host.answer(host.wait(Report::requested).session, make_answer());
    g_assert_true(host.message(GST_MESSAGE_WARNING).find("can't be written") != std::string::npos);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    GST_ELEMENT_REGISTER(manualsignaling, nullptr);
    g_test_add_func("/manual/by-files", by_files);
    g_test_add_func("/manual/by-fifos", by_fifos);
    g_test_add_func("/manual/an-old-answer-is-not-taken", an_old_answer_is_not_taken);
    g_test_add_func("/manual/complaints", complaints);
    return g_test_run();
}
