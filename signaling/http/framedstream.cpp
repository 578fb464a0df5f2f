#include "signaling/http/framedstream.hpp"

#include "signaling/http/connection.hpp"

#include <algorithm>

namespace {

using rtc::Owned;
using rtc::http::Connection;
using rtc::http::Framing;

// What is read of one client before others get their turn: libsoup reads on for as long as
// something comes.
constexpr gsize bytes_a_turn = 4096;

struct Input {
    rtc::Ref<GSocketAddress> remote;
    gsize left = bytes_a_turn;

    Connection& connection() const { return *Connection::of(remote.get()); }
    Framing& framing() const { return connection().framing(); }
};

} // namespace

struct RtcFramedInput {
    GFilterInputStream parent;
    Input* input;
};
struct RtcFramedInputClass {
    GFilterInputStreamClass parent_class;
};
struct RtcFramedStream {
    GIOStream parent;
    rtc::Ref<GIOStream>* base;
    rtc::Ref<GInputStream>* input;
};
struct RtcFramedStreamClass {
    GIOStreamClass parent_class;
};

static void rtc_framed_input_pollable_init(GPollableInputStreamInterface* interface, gpointer);

GType rtc_framed_input_get_type(void);
G_DEFINE_TYPE_WITH_CODE(RtcFramedInput, rtc_framed_input, G_TYPE_FILTER_INPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM,
                                              rtc_framed_input_pollable_init))
GType rtc_framed_stream_get_type(void);
G_DEFINE_TYPE(RtcFramedStream, rtc_framed_stream, G_TYPE_IO_STREAM)

namespace {

Input& input_of(gpointer stream) {
    return *static_cast<RtcFramedInput*>(stream)->input;
}

GPollableInputStream* base_of(gpointer stream) {
    return G_POLLABLE_INPUT_STREAM(
        g_filter_input_stream_get_base_stream(static_cast<GFilterInputStream*>(stream)));
}

GIOStream* base_stream_of(gpointer stream) {
    return static_cast<RtcFramedStream*>(stream)->base->get();
}

// Reads once; false where there is nothing more just now.
bool fill(gpointer stream) {
    auto& input = input_of(stream);
    if (!input.left)
        return false;
    char block[bytes_a_turn];
    GError* failure = nullptr;
    auto size = g_pollable_input_stream_read_nonblocking(base_of(stream), block, input.left,
                                                         nullptr, &failure);
    Owned<GError> error{failure};
    if (g_error_matches(error.get(), G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
        input.framing().pause();
        return input.framing().has_bytes();
    }
    auto count = gsize(std::max<gssize>(size, 0)); // a reset is an end too
    input.left -= count;
    input.connection().received({block, count});
    return true;
}

gssize read_framed(GPollableInputStream* stream, void* buffer, gsize count, GError** error) {
    auto& framing = input_of(stream).framing();
    while (!framing.has_bytes() && framing.wants_bytes() && fill(stream)) {
    }
    if (framing.has_bytes() || framing.is_over())
        return gssize(framing.take(static_cast<char*>(buffer), count));
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "nothing to read now");
    return -1;
}

gssize read_input(GInputStream* stream, void* buffer, gsize count, GCancellable*, GError** error) {
    return read_framed(G_POLLABLE_INPUT_STREAM(stream), buffer, count, error);
}

gboolean is_ready(GPollableInputStream* stream) {
    auto& framing = input_of(stream).framing();
    return framing.has_bytes() || framing.is_over() || framing.waits_for_pause();
}

gboolean is_readable(GPollableInputStream* stream) {
    return is_ready(stream) || (input_of(stream).framing().wants_bytes() &&
                                g_pollable_input_stream_is_readable(base_of(stream)));
}

// Asked for by whoever has read what there was: a new turn.
GSource* create_source(GPollableInputStream* stream, GCancellable* cancellable) {
    auto& input = input_of(stream);
    input.left = bytes_a_turn;
    auto source = rtc::adopt(is_ready(stream) ? g_timeout_source_new(0)
                             : input.framing().wants_bytes()
                                 ? g_pollable_input_stream_create_source(base_of(stream), nullptr)
                                 : nullptr);
    return g_pollable_source_new_full(stream, source.get(), cancellable);
}

void finalize_input(GObject* object) {
    delete reinterpret_cast<RtcFramedInput*>(object)->input;
    G_OBJECT_CLASS(rtc_framed_input_parent_class)->finalize(object);
}

GInputStream* get_input(GIOStream* stream) {
    return reinterpret_cast<RtcFramedStream*>(stream)->input->get();
}

GOutputStream* get_output(GIOStream* stream) {
    return g_io_stream_get_output_stream(base_stream_of(stream));
}

gboolean close_stream(GIOStream* stream, GCancellable* cancellable, GError** error) {
    return g_io_stream_close(base_stream_of(stream), cancellable, error);
}

void close_async(GIOStream* stream, int priority, GCancellable* cancellable,
                 GAsyncReadyCallback callback, gpointer data) {
    auto closed = [](GObject* base, GAsyncResult* result, gpointer to) {
        auto task = rtc::adopt(static_cast<GTask*>(to));
        GError* failure = nullptr;
        if (g_io_stream_close_finish(G_IO_STREAM(base), result, &failure))
            g_task_return_boolean(task.get(), TRUE);
        else
            g_task_return_error(task.get(), failure);
    };
    g_io_stream_close_async(base_stream_of(stream), priority, cancellable, closed,
                            g_task_new(stream, cancellable, callback, data));
}

gboolean close_finish(GIOStream*, GAsyncResult* result, GError** error) {
    return g_task_propagate_boolean(G_TASK(result), error);
}

void finalize_stream(GObject* object) {
    auto* stream = reinterpret_cast<RtcFramedStream*>(object);
    // GIOStream closes as it is disposed of, before this.
    delete stream->input;
    delete stream->base;
    G_OBJECT_CLASS(rtc_framed_stream_parent_class)->finalize(object);
}

} // namespace

static void rtc_framed_input_init(RtcFramedInput* stream) {
    stream->input = new Input;
}

static void rtc_framed_input_class_init(RtcFramedInputClass* klass) {
    G_OBJECT_CLASS(klass)->finalize = finalize_input;
    G_INPUT_STREAM_CLASS(klass)->read_fn = read_input;
}

static void rtc_framed_input_pollable_init(GPollableInputStreamInterface* interface, gpointer) {
    interface->is_readable = is_readable;
    interface->create_source = create_source;
    interface->read_nonblocking = read_framed;
}

static void rtc_framed_stream_init(RtcFramedStream* stream) {
    stream->base = new rtc::Ref<GIOStream>;
    stream->input = new rtc::Ref<GInputStream>;
}

static void rtc_framed_stream_class_init(RtcFramedStreamClass* klass) {
    G_OBJECT_CLASS(klass)->finalize = finalize_stream;
    auto* stream = G_IO_STREAM_CLASS(klass);
    stream->get_input_stream = get_input;
    stream->get_output_stream = get_output;
    stream->close_fn = close_stream;
    stream->close_async = close_async;
    stream->close_finish = close_finish;
}

namespace rtc::http {

Ref<GIOStream> make_framed_stream(Ref<GIOStream> base, Ref<GSocketAddress> remote) {
    auto* object = g_object_new(rtc_framed_stream_get_type(), nullptr);
    auto* input =
        g_object_new(rtc_framed_input_get_type(), "base-stream",
                     g_io_stream_get_input_stream(base.get()), "close-base-stream", FALSE, nullptr);
    input_of(input).remote = std::move(remote);
    auto* stream = static_cast<RtcFramedStream*>(object);
    *stream->input = adopt(G_INPUT_STREAM(input));
    *stream->base = std::move(base);
    return adopt(G_IO_STREAM(object));
}

} // namespace rtc::http
