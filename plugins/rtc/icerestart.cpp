#include "plugins/rtc/icerestart.hpp"

#include "signaling/base/refs.hpp"
#include "signaling/sdp/candidate.hpp"

#include <nice/agent.h>

namespace rtc {
namespace {

constexpr guint max_streams = 16;

void free_candidates(GSList* list) {
    g_slist_free_full(list, [](gpointer candidate) {
        nice_candidate_free(static_cast<NiceCandidate*>(candidate));
    });
}

// The stream that carries the session, or is to carry it once there is a path; 0 for none.
guint stream_in_use(NiceAgent* agent) {
    guint first = 0;
    for (guint id = max_streams; id > 0; id--) {
        NiceCandidate *local = nullptr, *remote = nullptr;
        if (nice_agent_get_selected_pair(agent, id, 1, &local, &remote))
            return id;
        char *ufrag = nullptr, *password = nullptr;
        if (nice_agent_get_local_credentials(agent, id, &ufrag, &password))
            first = id;
        Owned<char> owned_ufrag{ufrag}, owned_password{password};
    }
    return first;
}

void give_candidates(NiceAgent* agent, guint stream,
                     const std::vector<std::pair<guint, std::string>>& candidates) {
    GSList* list = nullptr;
    for (const auto& [mline, text] : candidates) {
        auto candidate = sdp::parse_candidate(text);
        if (!candidate || !candidate->is_usable())
            continue;
        auto line = "a=" + candidate->to_string();
        if (auto* parsed = nice_agent_parse_remote_candidate_sdp(agent, stream, line.c_str()))
            list = g_slist_append(list, parsed);
    }
    if (list)
        nice_agent_set_remote_candidates(agent, stream, 1, list);
    free_candidates(list);
}

} // namespace

Result<sdp::IceCredentials>
restart_ice(GObject* ice, const sdp::IceCredentials& remote,
            const std::vector<std::pair<guint, std::string>>& candidates) {
    GObject* object = nullptr;
    if (ice && g_object_class_find_property(G_OBJECT_GET_CLASS(ice), "agent"))
        g_object_get(ice, "agent", &object, nullptr);
    auto held = adopt(object);
    if (!object || !NICE_IS_AGENT(object))
        return Error{"ICE can't be restarted with this version of GStreamer"};
    auto* agent = NICE_AGENT(object);
    auto stream = stream_in_use(agent);
    if (!stream || !nice_agent_restart_stream(agent, stream))
        return Error{"There is no ICE stream that could be restarted"};
    nice_agent_set_remote_credentials(agent, stream, remote.ufrag.c_str(), remote.password.c_str());
    give_candidates(agent, stream, candidates);
    char *ufrag = nullptr, *password = nullptr;
    if (!nice_agent_get_local_credentials(agent, stream, &ufrag, &password))
        return Error{"ICE gave no new credentials"};
    Owned<char> owned_ufrag{ufrag}, owned_password{password};
    return sdp::IceCredentials{ufrag, password};
}

} // namespace rtc
