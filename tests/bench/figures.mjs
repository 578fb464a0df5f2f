// Figures of samples, and lines of a table.

/** The value that so many hundredths of the samples do not exceed (nearest rank). */
export function percentile(samples, percent) {
    const sorted = [...samples].sort((one, other) => one - other);
    return sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)];
}

/** p50, p95 and max of samples, rounded. */
export function summary(samples) {
    const round = (value) => Math.round(value);
    return {
        samples: samples.length,
        p50: round(percentile(samples, 50)),
        p95: round(percentile(samples, 95)),
        max: round(Math.max(...samples)),
    };
}

/** Cells in columns: text to the left, numbers to the right. */
export function row(widths, cells) {
    return cells.map((cell, at) => typeof cell === 'number'
        ? String(cell).padStart(widths[at]) : cell.padEnd(widths[at])).join('  ').trimEnd();
}
