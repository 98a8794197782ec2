/**
 * How well what is sent to one peer arrives there, by the receiver reports it sends back: loss,
 * jitter, the round trip between relay and peer, and a mean opinion score from these three, for
 * each SSRC. Names, units and the formula are rtpengine's, so that figures of both compare.
 *
 * The score is the E-model (ITU-T G.107, https://www.itu.int/rec/T-REC-G.107) in its common short
 * form. With d = round trip + 2 · jitter + 10 in ms and loss in percent:
 *   R   = 93.2 − (d < 160 ? d / 40 : (d − 120) / 10) − 2.5 · loss, at least 0
 *   MOS = 1 + 0.035 · R + 0.000007 · R · (R − 60) · (100 − R)
 * It knows no codec and no echo: an estimate to compare calls by.
 */
import type { ReportBlock } from './rtcp.ts';

export interface QualitySample {
  /** Unix s. */
  readonly 'reported at': number;
  /** 1 to 5, times ten. */
  readonly MOS: number;
  /** µs; 0 while unknown. */
  readonly 'round-trip time': number;
  /** ms. */
  readonly jitter: number;
  /** Percent, since the report before. */
  readonly 'packet loss': number;
}

export interface SsrcQuality {
  readonly 'cumulative loss': number;
  readonly 'average MOS': QualitySample & { readonly samples: number };
  readonly 'lowest MOS': QualitySample;
  readonly 'highest MOS': QualitySample;
}

export function meanOpinionScore(roundTripMs: number, jitterMs: number, lossPercent: number) {
  const delay = roundTripMs + 2 * jitterMs + 10;
  const r = Math.max(0, 93.2 - (delay < 160 ? delay / 40 : (delay - 120) / 10) - 2.5 * lossPercent);
  return Math.max(1, 1 + 0.035 * r + 0.000007 * r * (r - 60) * (100 - r));
}

/** Sender reports remembered until they are answered; one every few seconds is usual. */
const MAX_REPORTS = 8;
const MAX_SSRCS = 16;

interface Tally {
  samples: number;
  mos: number;
  roundTrip: number;
  jitter: number;
  loss: number;
  cumulativeLost: number;
  lowest: QualitySample;
  highest: QualitySample;
}

export class Quality {
  readonly #ssrcs = new Map<number, Tally>();
  /** Middle NTP bits of a sender report that went to the peer → when. */
  readonly #sentReports = new Map<number, number>();
  /** Of the last report that told; ms. */
  roundTripMs: number | undefined;

  /** A sender report goes to the peer. */
  reportSent(ntp: number, now: number): void {
    this.#sentReports.set(ntp, now);
    if (this.#sentReports.size > MAX_REPORTS) {
      for (const oldest of this.#sentReports.keys()) {
        this.#sentReports.delete(oldest);
        break;
      }
    }
  }

  /** The peer says how a stream arrives. */
  reported(block: ReportBlock, clockRate: number, now: number, unixMs: number): void {
    const sentAt = this.#sentReports.get(block.lastReport);
    if (sentAt !== undefined) {
      this.roundTripMs = Math.max(0, now - sentAt - (block.delay * 1000) / 65_536);
    }
    const roundTripMs = this.roundTripMs ?? 0;
    const jitter = (block.jitter * 1000) / clockRate;
    const loss = block.fractionLost * 100;
    const mos = meanOpinionScore(roundTripMs, jitter, loss);
    const sample = sampleOf(unixMs, mos, roundTripMs, jitter, loss);
    let tally = this.#ssrcs.get(block.ssrc);
    if (tally === undefined) {
      if (this.#ssrcs.size === MAX_SSRCS) return;
      const zero = { samples: 0, mos: 0, roundTrip: 0, jitter: 0, loss: 0, cumulativeLost: 0 };
      tally = { ...zero, lowest: sample, highest: sample };
      this.#ssrcs.set(block.ssrc, tally);
    }
    tally.samples++;
    tally.mos += mos;
    tally.roundTrip += roundTripMs;
    tally.jitter += jitter;
    tally.loss += loss;
    tally.cumulativeLost = block.cumulativeLost;
    if (sample.MOS < tally.lowest.MOS) tally.lowest = sample;
    if (sample.MOS > tally.highest.MOS) tally.highest = sample;
  }

  /** By SSRC, for query. */
  describe(unixMs: number): Record<string, SsrcQuality> {
    const all: Record<string, SsrcQuality> = {};
    for (const [ssrc, tally] of this.#ssrcs) {
      const { samples, mos, roundTrip, jitter, loss } = tally;
      const mean = (sum: number): number => sum / samples;
      all[ssrc] = {
        'cumulative loss': tally.cumulativeLost,
        'average MOS': {
          ...sampleOf(unixMs, mean(mos), mean(roundTrip), mean(jitter), mean(loss)),
          samples,
        },
        'lowest MOS': tally.lowest,
        'highest MOS': tally.highest,
      };
    }
    return all;
  }
}

function sampleOf(
  unixMs: number,
  mos: number,
  roundTripMs: number,
  jitter: number,
  loss: number,
): QualitySample {
  return {
    'reported at': Math.floor(unixMs / 1000),
    MOS: Math.floor(mos * 10),
    'round-trip time': Math.round(roundTripMs * 1000),
    jitter: Math.round(jitter),
    'packet loss': Math.round(loss),
  };
}
