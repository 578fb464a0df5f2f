// What a WHEP server gives to those who can wait.
#include "signaling/http/hls.hpp"
#include "signaling/whip/service.hpp"

namespace rtc::whip {

Result<void> Service::serve_hls() {
    if (auth_->required())
        return Error{"hls is for everybody, for players of HLS show no token; leave hls out where "
                     "access is limited, or serve the folder by a web server that limits it"};
    if (settings_.path.find('{') != std::string::npos)
        return Error{"hls is one stream, so it goes with a path without {room}"};
    auto endpoint = http::hls_endpoint("/hls" + settings_.path, settings_.hls);
    endpoint.cors_origins = settings_.cors_origin;
    endpoint.pages = settings_.pages;
    Owned<char> name{gst_object_get_name(GST_OBJECT(element_))};
    endpoint.owner = name.get();
    auto registration = server_->add(std::move(endpoint));
    if (!registration)
        return registration.error();
    hls_registration_ = std::move(*registration);
    return {};
}

} // namespace rtc::whip
