// The payload descriptors of a peer's VP8 and VP9, and what pictures tell of themselves: any bytes
// are read without harm, and what is found lies in them.
#include "plugins/publish/keyframestart.hpp"
#include "plugins/publish/unreferenced.hpp"
#include "plugins/rtc/descriptor.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    for (const auto& codec : codecs()) {
        auto keyframe = keyframe_test(codec);
        auto unreferenced = unreferenced_test(codec);
        if (unreferenced && unreferenced({data, size}))
            check(!keyframe({data, size}), "a keyframe that nothing needs");
        auto found = read_descriptor(codec, {data, size});
        if (!found)
            continue;
        check(found->size > 0 && found->size <= size, "a descriptor beyond its packet");
        if (auto layer = found->layer)
            check(layer->number <= (codec.is("VP8") ? 3 : 7), "a layer of too many bits");
        if (auto id = found->picture) {
            check(id->at + (id->wide ? 2 : 1) <= found->size, "a picture id beyond it");
            check(id->value <= (id->wide ? 0x7fff : 0x7f), "a large picture id");
        }
        if (found->base_index_at)
            check(*found->base_index_at < found->size, "an index beyond it");
    }
    return 0;
}
