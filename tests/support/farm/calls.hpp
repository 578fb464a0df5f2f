// How a viewer calls: WHEP, or the HTTP interface of Janus's streaming plugin. Blocking; each call
// on a thread of its own.
#pragma once

#include "tests/support/farm/viewer.hpp"

namespace rtc::farm {

class Call {
public:
    virtual ~Call() = default;
    // Exchanges descriptions. "" or what went wrong.
    virtual std::string start(Viewer& viewer) = 0;
    virtual void keep_alive() {}
    virtual void end() = 0;
};

// url: the WHEP endpoint.
std::unique_ptr<Call> make_whep_call(const std::string& url);
// url: "http://127.0.0.1:8088/janus"; stream: the mount point's id.
std::unique_ptr<Call> make_janus_call(const std::string& url, int stream);

} // namespace rtc::farm
