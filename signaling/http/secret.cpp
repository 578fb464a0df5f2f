#include "signaling/http/secret.hpp"

#include "signaling/http/message.hpp"

#include <algorithm>

namespace rtc::http {

Result<std::string> read_secret(const std::string& text, const std::string& file) {
    if (!file.empty() && !text.empty())
        return Error{"both token and token-file are set; set one of them"};
    auto secret = text;
    if (!file.empty()) {
        char* data = nullptr;
        gsize size = 0;
        GError* failure = nullptr;
        if (!g_file_get_contents(file.c_str(), &data, &size, &failure)) {
            Owned<GError> error{failure};
            return Error{std::string("the token file can't be read: ") + error->message};
        }
        Owned<char> content{data};
        secret = trim({data, size});
        if (secret.empty())
            return Error{"the token file " + file + " is empty; write the token into it"};
    }
    bool sendable =
        std::all_of(secret.begin(), secret.end(), [](char c) { return g_ascii_isgraph(c); });
    if (!sendable)
        return Error{"the token has white space or characters outside ASCII, which an HTTP header "
                     "can't carry; choose another"};
    return secret;
}

} // namespace rtc::http
