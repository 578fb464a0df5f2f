#include "tests/support/farm/calls.hpp"

#include "tests/support/httpclient.hpp"

#include <json-glib/json-glib.h>

namespace rtc::farm {
namespace {

using test::fetch;

class WhepCall : public Call {
public:
    explicit WhepCall(const std::string& url)
        : url_(url) {}

    std::string start(Viewer& viewer) override {
        auto answer = fetch({.method = "POST",
                             .url = url_,
                             .content_type = "application/sdp",
                             .body = viewer.offer()});
        if (answer.status != 201)
            return "status " + std::to_string(answer.status) + ": " + std::string(answer.text());
        location_ = answer.header("Location");
        if (!location_.empty() && location_[0] == '/')
            location_ = url_.substr(0, url_.find('/', url_.find("//") + 2)) + location_;
        return viewer.connect(std::string(answer.text()), false)
                   ? ""
                   : "an answer without a UDP candidate";
    }
    void end() override {
        if (!location_.empty())
            fetch({.method = "DELETE", .url = location_});
    }

private:
    std::string url_, location_;
};

class JanusCall : public Call {
public:
    JanusCall(const std::string& url, int stream)
        : url_(url)
        , stream_(stream) {}

    std::string start(Viewer& viewer) override {
        if (!request("", R"("janus":"create")") || !take_id(session_))
            return "no session: " + last_;
        if (!request(session_, R"("janus":"attach","plugin":"janus.plugin.streaming")") ||
            !take_id(handle_))
            return "no handle: " + last_;
        auto path = session_ + "/" + handle_;
        if (!request(path, R"("janus":"message","body":{"request":"watch","id":)" +
                               std::to_string(stream_) + "}"))
            return last_;
        auto offer = wait_for_offer();
        if (offer.empty())
            return "no offer: " + last_;
        auto* text = json_node_alloc();
        json_node_init_string(text, viewer.answer(offer).c_str());
        Owned<char> quoted{json_to_string(text, FALSE)};
        json_node_unref(text);
        if (!viewer.connect(offer, true))
            return "an offer without a UDP candidate";
        if (!request(path, std::string(R"("janus":"message","body":{"request":"start"},)"
                                       R"("jsep":{"type":"answer","sdp":)") +
                               quoted.get() + "}"))
            return last_;
        return {};
    }
    void keep_alive() override { request(session_, R"("janus":"keepalive")"); }
    void end() override { request(session_, R"("janus":"destroy")"); }

private:
    bool request(const std::string& path, const std::string& fields) {
        auto answer = fetch({.method = "POST",
                             .url = path.empty() ? url_ : url_ + "/" + path,
                             .content_type = "application/json",
                             .body = "{" + fields + R"(,"transaction":"t"})"});
        last_ = answer.text();
        return answer.status == 200 && last_.find("\"error\"") == last_.npos;
    }
    bool take_id(std::string& id) {
        id = find("$.data.id",
                  [](JsonNode* node) { return std::to_string(json_node_get_int(node)); });
        return !id.empty();
    }
    std::string wait_for_offer() {
        for (int i = 0; i < 20; i++) {
            last_ = fetch({.url = url_ + "/" + session_ + "?maxev=1"}).text();
            auto sdp = find("$.jsep.sdp",
                            [](JsonNode* node) { return std::string(json_node_get_string(node)); });
            if (!sdp.empty())
                return sdp;
        }
        return {};
    }
    template <typename Read>
    std::string find(const char* path, Read read) {
        auto parser = adopt(json_parser_new());
        if (!json_parser_load_from_data(parser.get(), last_.c_str(), -1, nullptr))
            return {};
        auto* matches = json_path_query(path, json_parser_get_root(parser.get()), nullptr);
        auto* list = json_node_get_array(matches);
        std::string text;
        if (json_array_get_length(list) > 0)
            text = read(json_array_get_element(list, 0));
        json_node_unref(matches);
        return text;
    }

    std::string url_, session_, handle_, last_;
    int stream_;
};

} // namespace

std::unique_ptr<Call> make_whep_call(const std::string& url) {
    return std::make_unique<WhepCall>(url);
}

std::unique_ptr<Call> make_janus_call(const std::string& url, int stream) {
    return std::make_unique<JanusCall>(url, stream);
}

} // namespace rtc::farm
