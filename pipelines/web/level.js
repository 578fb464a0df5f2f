// A microphone's level, drawn as a bar's length.

export class Level {
  #bar;
  #context = null;
  #source = null;
  #frame = 0;

  /** @param {HTMLElement} bar gets the custom property --level, from 0 to 1 */
  constructor(bar) {
    this.#bar = bar;
  }

  /** Follows a track; null stops. */
  follow(track) {
    cancelAnimationFrame(this.#frame);
    this.#source?.disconnect();
    this.#source = null;
    this.#bar.style.setProperty('--level', '0');
    if (!track || !window.AudioContext) {
      return;
    }
    this.#context ??= new AudioContext();
    this.#context.resume();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(analyser);
    this.#draw(analyser, new Float32Array(analyser.fftSize), 0);
  }

  #draw(analyser, samples, before) {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    // -60 dB is silence, 0 dB the end of the bar; it falls slowly, to be seen.
    const level = Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-9)) / 60, before - 0.03));
    this.#bar.style.setProperty('--level', level.toFixed(2));
    this.#frame = requestAnimationFrame(() => this.#draw(analyser, samples, level));
  }
}
