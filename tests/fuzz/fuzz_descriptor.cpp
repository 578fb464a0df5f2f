// The payload descriptors of a peer's VP8 and VP9: any bytes are read without harm, and what is
// found lies in them.
#include "plugins/rtc/descriptor.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    for (const char* name : {"VP8", "VP9"}) {
        auto found = read_descriptor(*find_codec(name), {data, size});
        if (!found)
            continue;
        check(found->size > 0 && found->size <= size, "a descriptor beyond its packet");
        check(found->layer <= 3, "a layer of more than two bits");
        if (auto id = found->picture) {
            check(id->at + (id->wide ? 2 : 1) <= found->size, "a picture id beyond it");
            check(id->value <= (id->wide ? 0x7fff : 0x7f), "a large picture id");
        }
        if (found->base_index_at)
            check(*found->base_index_at < found->size, "an index beyond it");
    }
    return 0;
}
