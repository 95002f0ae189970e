// A short sound for each tone, so that eyes can stay on the books: up for done, two for "look here", three for "taken, not checked", low for "stop".

const TONES = {
  done: [[880, 0, 0.07]],
  notice: [[660, 0, 0.08], [660, 0.12, 0.08]],
  ask: [[520, 0, 0.08], [700, 0.1, 0.1]],
  offline: [[440, 0, 0.06], [440, 0.1, 0.06], [440, 0.2, 0.06]],
  stop: [[220, 0, 0.18], [180, 0.2, 0.25]],
};

let audio;

export function play(tone) {
  try {
    audio ??= new AudioContext();
  } catch {
    return; // A desk without loudspeaker: the words and colours say it too.
  }
  for (const [frequency, after, length] of TONES[tone] ?? []) {
    const oscillator = new OscillatorNode(audio, { frequency });
    const volume = new GainNode(audio, { gain: 0.15 });
    oscillator.connect(volume).connect(audio.destination);
    oscillator.start(audio.currentTime + after);
    oscillator.stop(audio.currentTime + after + length);
  }
}
