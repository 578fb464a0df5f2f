// Where one request of a connection ends and the next begins (RFC 9112), and what of a client's
// bytes the server gets to see. Pure.
//
// Life: one a connection. Bytes are put in as they come, and taken out request by request: a head
// only when it is whole and good (requesthead.hpp), a body of chunks with as few of them as came at
// a time. After a request nothing comes out until next(), so that what the connection says
// (refusal()) is always of the request that is being answered. A request that is refused comes out
// as an empty one: whoever answers it looks at refusal() first.
#pragma once

#include "signaling/http/requesthead.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rtc::http {

class Framing {
public:
    void put(std::string_view bytes);
    // Nothing more comes. It may be that there was no request to come, or that one is cut off.
    enum class End { between, within };
    End end();
    // Nothing more is there just now. What belongs to a refused request is thrown away until then.
    void pause();
    bool waits_for_pause() const { return state_ == State::refused; }
    // Takes out up to `count` bytes.
    size_t take(char* to, size_t count);
    bool has_bytes() const { return !out_.empty(); }

    // Whether bytes are of use now: the request isn't whole yet, and goes on.
    bool wants_bytes() const { return state_ != State::whole && state_ != State::over; }
    // Whether no byte of a request has come yet.
    bool is_between() const { return state_ == State::head && in_.empty(); }
    // Whether nothing comes out any more, after what is there.
    bool is_over() const { return state_ == State::over; }

    // Of the request that is coming out.
    const std::optional<Refusal>& refusal() const { return refusal_; }
    // The request is answered: goes on with the next one. One that wasn't read to its end is the
    // last.
    void next();
    // The connection is no HTTP any more: everything passes.
    void pass_all();

private:
    enum class State {
        head,
        sized_body,
        chunk_size,
        chunk,
        chunk_end,
        trailer,
        whole,
        refused, // thrown away until pause()
        raw,
        over,
    };
    void advance();
    bool step(std::string_view& rest);
    bool step_head(std::string_view& rest);
    bool step_line(std::string_view& rest);
    bool chunk_size(std::string_view line);
    void pass_head(std::string_view lines);
    void pass_chunk();
    void end_body();
    void stop();
    bool pass(std::string_view& rest, std::string& to);
    void refuse(Refusal refusal);

    State state_ = State::head;
    std::string in_;       // what can't be judged yet
    size_t looked_at_ = 0; // bytes of a head in in_
    size_t line_ = 0;      // where its last line begins
    std::string chunk_;    // data of chunks, not yet in out_
    guint64 left_ = 0;     // bytes of the body or the chunk
    size_t trailer_ = 0;   // bytes
    std::string out_;
    std::optional<Refusal> refusal_;
    std::string last_words_; // what completes a refused request
};

} // namespace rtc::http
