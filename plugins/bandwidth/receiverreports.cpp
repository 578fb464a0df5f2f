#include "plugins/bandwidth/receiverreports.hpp"

#include <gst/rtp/rtp.h>

#include <algorithm>
#include <cmath>

namespace rtc {
namespace {

constexpr guint64 ntp_epoch = 2208988800; // seconds from 1900 to 1970
constexpr GstClockTime longest_rtt = 10 * GST_SECOND;

GstClockTime round_trip(guint32 last_sr, guint32 since_last, guint64 ntp) {
    if (last_sr == 0)
        return GST_CLOCK_TIME_NONE;
    guint32 elapsed = guint32(ntp >> 16) - last_sr - since_last; // 1/65536 s
    auto rtt = gst_util_uint64_scale(elapsed, GST_SECOND, 65536);
    return rtt <= longest_rtt ? rtt : GST_CLOCK_TIME_NONE;
}

void take_reports(GstRTCPPacket& packet, guint64 ntp, std::optional<ReceiverReport>& worst) {
    for (guint i = 0; i < gst_rtcp_packet_get_rb_count(&packet); i++) {
        guint32 ssrc = 0, highest = 0, jitter = 0, last_sr = 0, since_last = 0;
        guint8 fraction = 0;
        gint32 lost = 0;
        gst_rtcp_packet_get_rb(&packet, i, &ssrc, &fraction, &lost, &highest, &jitter, &last_sr,
                               &since_last);
        ReceiverReport report{fraction / 256.0, round_trip(last_sr, since_last, ntp)};
        if (!worst) {
            worst = report;
            continue;
        }
        worst->loss = std::max(worst->loss, report.loss);
        // An invalid time is the largest there is.
        worst->rtt = std::min(worst->rtt, report.rtt);
    }
}

// draft-alvestrand-rmcat-remb-03, section 2.2.
std::optional<double> remb_of(GstRTCPPacket& packet) {
    const auto* fci = gst_rtcp_packet_fb_get_fci(&packet);
    if (gst_rtcp_packet_fb_get_type(&packet) != GST_RTCP_PSFB_TYPE_AFB ||
        gst_rtcp_packet_fb_get_fci_length(&packet) < 2 || memcmp(fci, "REMB", 4) != 0)
        return {};
    int exponent = fci[5] >> 2;
    guint32 mantissa = guint32(fci[5] & 3) << 16 | guint32(fci[6]) << 8 | fci[7];
    return std::ldexp(double(mantissa), exponent);
}

} // namespace

guint64 ntp_time(gint64 real_time) {
    auto seconds = guint64(real_time / G_USEC_PER_SEC);
    auto rest = guint64(real_time % G_USEC_PER_SEC);
    return (seconds + ntp_epoch) << 32 | (rest << 32) / G_USEC_PER_SEC;
}

ReceiverFeedback read_receiver_feedback(GstBuffer* buffer, guint64 ntp) {
    ReceiverFeedback feedback;
    GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
    if (!gst_rtcp_buffer_validate_reduced(buffer) ||
        !gst_rtcp_buffer_map(buffer, GST_MAP_READ, &rtcp))
        return feedback;
    GstRTCPPacket packet;
    for (bool more = gst_rtcp_buffer_get_first_packet(&rtcp, &packet); more;
         more = gst_rtcp_packet_move_to_next(&packet)) {
        auto type = gst_rtcp_packet_get_type(&packet);
        if (type == GST_RTCP_TYPE_SR || type == GST_RTCP_TYPE_RR)
            take_reports(packet, ntp, feedback.report);
        else if (type == GST_RTCP_TYPE_PSFB)
            if (auto remb = remb_of(packet))
                feedback.remb = remb;
    }
    gst_rtcp_buffer_unmap(&rtcp);
    return feedback;
}

} // namespace rtc
