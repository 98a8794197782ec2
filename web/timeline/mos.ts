/**
 * How good a call over G.711 would be called by people who use it, from what the network did to it: the
 * E-model (ITU-T G.107, https://www.itu.int/rec/T-REC-G.107) with its defaults, its delay part in the
 * usual piecewise approximation, and G.113's figures for G.711 with packet loss concealment. A guide for
 * the eye, no measurement: it knows nothing of the voices.
 */
const R_BEST = 93.2;
/** G.113 appendix I: how well G.711 with concealment stands random loss. */
const LOSS_ROBUSTNESS = 25.1;
/** One-way delay from which on people notice. */
const NOTICED_MS = 177.3;
/** Packetisation and playout: what there is in the best of networks. */
const BASE_DELAY_MS = 40;

export interface NetworkFigures {
  readonly lossPercent?: number | undefined;
  readonly jitterMs?: number | undefined;
  readonly roundTripMs?: number | undefined;
}

/** 1 (bad) to 4.4 (as good as a telephone gets). */
export function mosOf({ lossPercent = 0, jitterMs = 0, roundTripMs = 0 }: NetworkFigures): number {
  // A jitter buffer holds back about twice the jitter.
  const delay = roundTripMs / 2 + 2 * jitterMs + BASE_DELAY_MS;
  const delayPart = 0.024 * delay + 0.11 * Math.max(0, delay - NOTICED_MS);
  const lossPart = (95 * lossPercent) / (lossPercent + LOSS_ROBUSTNESS);
  const r = Math.min(100, Math.max(0, R_BEST - delayPart - lossPart));
  // G.107 annex B.
  const mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
  return Math.round(Math.max(1, mos) * 100) / 100;
}
