// Proxies that stand before the server, and what they say of the client (RFC 7239, and the older
// X-Forwarded-…). Pure.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"
#include "signaling/http/message.hpp"

#include <gio/gio.h>

namespace rtc::http {

class Proxies {
public:
    // Addresses and networks, separated by commas or white space: "127.0.0.1, 10.0.0.0/8,
    // 2001:db8::/32".
    static Result<Proxies> parse(std::string_view list);

    // Makes address and origin those of the client, as far as the chain of proxies that are listed
    // tells; a client that isn't a listed proxy is taken as it is, whatever it says.
    void apply(Head& head) const;

private:
    bool trusts(const std::string& address) const;

    std::vector<Ref<GInetAddressMask>> masks_;
};

} // namespace rtc::http
