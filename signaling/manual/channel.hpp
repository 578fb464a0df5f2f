// Where descriptions are written to and read from: a file, a FIFO, or the program's own input and
// output. On a loop; nothing waits.
//
// Life: made and destroyed on the loop's thread.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/base/result.hpp"
#include "signaling/manual/description.hpp"

#include <gio/gio.h>

#include <string>

namespace rtc::manual {

// Reads texts: "-" is standard input. A file is read whenever it changes, and may come later; its
// folder must be there. A FIFO is read again and again.
class Input {
public:
    // `fresh`: what a file holds already is old, and not reported.
    static Result<std::unique_ptr<Input>> open(Loop& loop, const std::string& path, bool fresh,
                                               std::function<void(std::string)> text);
    virtual ~Input() = default;
};

// Writes texts: "-" is standard output. A file is replaced as a whole, for its owner alone to read;
// a FIFO is written once somebody reads it.
class Output {
public:
    Output(Loop& loop, std::string path)
        : loop_(loop)
        , path_(std::move(path)) {}

    // `failed` is called, perhaps later, with words for people. A text that waits is replaced.
    void write(const std::string& text, std::function<void(std::string)> failed);

private:
    Result<bool> write_fifo(const std::string& text);

    Loop& loop_;
    const std::string path_;
    Timer retry_;
};

} // namespace rtc::manual
