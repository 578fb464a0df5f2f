// Plots of what a link carried, as SVG: rates above, the time that packets waited below.

const width = 760, height = 170, left = 46, queueHeight = 50, gap = 34;
const most = 4e6; // bit/s
const mostQueue = 400; // ms

function line(points, colour, style = '') {
    const list = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    return `<polyline points="${list}" fill="none" stroke="${colour}" ${style}/>`;
}

function panel({ name, link, bitrates }, end, top) {
    const x = (t) => left + t / end * (width - left - 10);
    const y = (bits) => top + height * (1 - Math.min(bits, most) / most);
    const below = top + height + 6;
    const q = (ms) => below + queueHeight * (1 - Math.min(ms, mostQueue) / mostQueue);
    const smooth = link.map(({ t }, i) => {
        const second = link.slice(Math.max(0, i - 9), i + 1);
        return [x(t), y(second.reduce((sum, s) => sum + s.bytes, 0) * 80 / second.length)];
    });
    const label = (text, at, size = 11) => `<text x="4" y="${at}" font-size="${size}">${text}</text>`;
    return [
        `<text x="${left}" y="${top - 8}" font-size="13" font-weight="bold">${name}</text>`,
        ...[0, 1, 2, 3].map((m) => `<line x1="${left}" x2="${width - 10}" y1="${y(m * 1e6)}" y2="${y(m * 1e6)}" stroke="#ddd"/>` +
            label(`${m} M`, y(m * 1e6) + 4)),
        line(link.map(({ t, rate }) => [x(t), y(rate)]), '#888', 'stroke-dasharray="5 3"'),
        line(smooth, '#06c', 'stroke-width="1.5"'),
        ...[...new Set(bitrates.map((b) => b.number))].map((number) => line(bitrates.filter((b) => b.number === number)
            .map(({ t, bitrate }) => [x(t), y(bitrate)]), number ? '#a60' : '#c30')),
        label('queue', below + 12), label(`${mostQueue} ms`, below + 26),
        `<rect x="${left}" y="${below}" width="${width - left - 10}" height="${queueHeight}" fill="none" stroke="#ddd"/>`,
        line(link.map(({ t, wait95 }) => [x(t), q(wait95)]), '#084'),
    ].join('\n');
}

/** runs: [{ name, link: samples of the link program, bitrates }], end: seconds. */
export function plot(runs, end) {
    const each = height + queueHeight + gap + 12;
    const parts = runs.map((run, i) => panel(run, end, gap + i * each));
    const total = gap + runs.length * each + 16;
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" font-family="sans-serif">
<rect width="${width}" height="${total}" fill="#fff"/>
${parts.join('\n')}
<text x="${left}" y="${total - 6}" font-size="11">dashed: the link; blue: what it carried; red: the encoder's bit rate; green: waiting time, p95; ${end} s</text>
</svg>
`;
}
