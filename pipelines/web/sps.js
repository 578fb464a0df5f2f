// The size of the picture, out of a sequence parameter set (ITU-T H.264, section 7.3.2.1.1). Pure.

class Bits {
  #bytes;
  #at = 0;

  constructor(bytes) {
    // Without the bytes that keep start codes out.
    this.#bytes = bytes.filter((byte, at) =>
      !(byte === 3 && at > 1 && bytes[at - 1] === 0 && bytes[at - 2] === 0));
  }

  bit() {
    const byte = this.#bytes[this.#at >> 3] ?? 0;
    return byte >> (7 - (this.#at++ & 7)) & 1;
  }

  skip(count) {
    this.#at += count;
  }

  /** Exp-Golomb. */
  ue() {
    let zeros = 0;
    while (this.bit() === 0 && zeros < 32) {
      zeros += 1;
    }
    let value = 1;
    for (let i = 0; i < zeros; i++) {
      value = value * 2 + this.bit();
    }
    return value - 1;
  }

  se() {
    const value = this.ue();
    return value & 1 ? (value + 1) / 2 : -value / 2;
  }
}

const withChroma = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

function skipScalingList(bits, size) {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size; i++) {
    if (next !== 0) {
      next = (last + bits.se() + 256) % 256;
    }
    last = next === 0 ? last : next;
  }
}

// chroma_format_idc
function readChroma(bits) {
  const chroma = bits.ue();
  if (chroma === 3) {
    bits.bit();
  }
  bits.ue();
  bits.ue();
  bits.bit();
  if (bits.bit()) {
    for (let i = 0; i < (chroma === 3 ? 12 : 8); i++) {
      if (bits.bit()) {
        skipScalingList(bits, i < 6 ? 16 : 64);
      }
    }
  }
  return chroma;
}

function skipOrder(bits) {
  const type = bits.ue();
  if (type === 0) {
    bits.ue();
  } else if (type === 1) {
    bits.bit();
    bits.se();
    bits.se();
    for (let left = bits.ue(); left > 0; left--) {
      bits.se();
    }
  }
}

/**
 * @param {Uint8Array} sps the NAL unit, with its header
 * @returns {{width: number, height: number}}
 */
export function pictureSize(sps) {
  const bits = new Bits(sps);
  bits.skip(32); // header, profile, constraints, level
  bits.ue();
  const chroma = withChroma.has(sps[1]) ? readChroma(bits) : 1;
  bits.ue();
  skipOrder(bits);
  bits.ue();
  bits.bit();
  const across = bits.ue() + 1;
  const down = bits.ue() + 1;
  const progressive = bits.bit();
  if (!progressive) {
    bits.bit();
  }
  bits.bit();
  const crop = bits.bit() ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * (2 - progressive);
  return {
    width: across * 16 - unitX * (crop[0] + crop[1]),
    height: down * 16 * (2 - progressive) - unitY * (crop[2] + crop[3]),
  };
}
