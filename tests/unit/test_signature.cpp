#include "plugins/hooks/signature.hpp"

#include "tests/support/sametext.hpp"

#include <cstring>

using namespace rtc;

// The message that the libraries of Standard Webhooks are tested with.
static void known_answer() {
    auto key = parse_webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    RTC_ASSERT_TEXT(sign_webhook(key->view(), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                 "{\"test\": 2432232314}"),
                    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

// Computed with Python's hmac.
static void plain_text_key() {
    auto key = parse_webhook_secret(" 0123456789abcdef0123\n");
    RTC_ASSERT_TEXT(key->view(), "0123456789abcdef0123");
    RTC_ASSERT_TEXT(sign_webhook(key->view(), "msg_1", 1700000000, "{}"),
                    "v1,ZvFjXVZBvvs3VBGJ475frjGJo/QwLrCLIhK/C6BaCh8=");
}

static void weak_secrets() {
    for (const char* weak : {"", "\n", "password", "whsec_", "whsec_cGFzc3dvcmQ="}) {
        auto key = parse_webhook_secret(weak);
        g_assert_false(bool(key));
        g_assert_null(strstr(key.error().message.c_str(), "password"));
    }
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/signature/known-answer", known_answer);
    g_test_add_func("/signature/plain-text-key", plain_text_key);
    g_test_add_func("/signature/weak-secrets", weak_secrets);
    return g_test_run();
}
