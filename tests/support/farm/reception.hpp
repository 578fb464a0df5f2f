// What arrives of one RTP stream, counted (RFC 3550 appendix A.3). Pure; time is an argument.
#pragma once

#include <glib.h>

#include <vector>

namespace rtc::farm {

class Reception {
public:
    explicit Reception(guint32 ssrc)
        : ssrc_(ssrc) {}

    guint32 ssrc() const { return ssrc_; }
    // How often the sequence number has wrapped, for a packet with this number.
    guint32 rollover(guint16 sequence) const;
    void packet(guint16 sequence, size_t bytes);
    // A sender report: the middle of its NTP time, and when it came (µs).
    void sender_report(guint32 middle, gint64 now) {
        report_middle_ = middle;
        report_came_ = now;
    }

    guint64 packets() const { return packets_; }
    guint64 bytes() const { return bytes_; }
    guint64 expected() const { return packets_ ? highest_ - first_ + 1 : 0; }
    guint64 lost() const { return expected() > packets_ ? expected() - packets_ : 0; }
    guint32 reports() const { return report_came_ ? 1 : 0; }
    // Appends a report block (RFC 3550 section 6.4.1).
    void append_block(std::vector<guint8>& out, gint64 now);

private:
    guint32 ssrc_;
    guint64 packets_ = 0, bytes_ = 0;
    guint64 first_ = 0, highest_ = 0; // extended sequence numbers
    guint64 reported_expected_ = 0, reported_packets_ = 0;
    guint32 report_middle_ = 0;
    gint64 report_came_ = 0;
};

void append32(std::vector<guint8>& out, guint32 number);

} // namespace rtc::farm
