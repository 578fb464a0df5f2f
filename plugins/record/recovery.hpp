// Finishes what an earlier process left: each leftover becomes a whole file, with a duration and an
// index, one after the other beside the calls that are recorded meanwhile.
//
// Life: on the loop. Destroying it stops it; what isn't done yet stays for the next start.
#pragma once

#include "plugins/record/composer.hpp"
#include "plugins/record/digest.hpp"
#include "plugins/record/leftmanifest.hpp"
#include "plugins/record/leftovers.hpp"

#include <deque>
#include <optional>

namespace rtc {

class Recovery : public std::enable_shared_from_this<Recovery> {
public:
    // Told of each file by its location, "" for one that has to wait. trouble: what could not be
    // made whole is kept as it is. manifest: the path of the one that tells of it; "" for none.
    using Tell = std::function<void(const std::string& location, const std::string& manifest,
                                    const std::string& trouble)>;

    // checksum: their manifests get it.
    static std::shared_ptr<Recovery> start(Loop& loop, std::vector<Leftover> leftovers,
                                           bool checksum, Tell tell);
    ~Recovery();

private:
    Recovery(Loop& loop, std::vector<Leftover> leftovers, bool checksum, Tell tell);
    void next();
    void composed(const FileWriter::Outcome& outcome);
    void finished(const Recovered& file);
    void leave(const std::string& why);
    void keep_as_they_are(const std::string& why);

    Loop& loop_;
    const bool checksum_;
    std::deque<Leftover> leftovers_; // the first is being worked on
    Tell tell_;
    std::optional<PartFile> whole_;
    std::shared_ptr<Composer> composer_;
    std::shared_ptr<Digest> digest_;
};

} // namespace rtc
