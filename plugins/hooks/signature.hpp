// How a webhook is signed: Standard Webhooks 1.0, symmetric (standardwebhooks.com). Pure.
//
// The signature covers the message's id, the time of the attempt and the body, so what was heard by
// a third party can't be sent again later, nor be changed.
#pragma once

#include "signaling/base/result.hpp"
#include "signaling/base/secret.hpp"

#include <glib.h>

#include <string>
#include <string_view>

namespace rtc {

// The key's bytes. "whsec_" is followed by them in base64; any other text is the key itself. White
// space around it is dropped. The errors don't repeat it.
Result<SecretText> parse_webhook_secret(std::string_view text);

// The header webhook-signature: "v1," and HMAC-SHA256 of "ID.TIMESTAMP.BODY" in base64. timestamp:
// seconds since 1970.
std::string sign_webhook(std::string_view key, std::string_view id, gint64 timestamp,
                         std::string_view body);

} // namespace rtc
