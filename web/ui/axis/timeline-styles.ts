/** How <timeline-view> looks: its bar of tools, the names beside the rows, the canvas. */
import { css, unsafeCSS } from 'lit';
import { EVENTS, GUTTER, HEIGHT, SIP, TURNS, VOICES, type Row } from './layout.ts';

const place = ({ top, height }: Row) => unsafeCSS(`top: ${top}px; height: ${height}px;`);

export const timelineStyles = css`
  :host {
    padding: 6px 24px 16px;
  }

  .bar {
    align-items: center;
    display: flex;
    flex-wrap: wrap;
    gap: 4px 18px;
    min-height: 34px;
  }

  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 2px;
    margin-left: auto;
  }

  .legend {
    align-items: center;
    color: var(--ink-3);
    display: flex;
    flex-wrap: wrap;
    font-size: 0.76rem;
    gap: 2px 6px;
  }

  .legend i {
    border-radius: 2px;
    height: 9px;
    width: 9px;
  }

  .legend i + i,
  .legend i:not(:first-child) {
    margin-left: 6px;
  }

  .transcribe {
    background: var(--phase-transcribe);
  }

  .think {
    background: var(--phase-think);
  }

  .speak {
    background: var(--phase-speak);
  }

  .play {
    background: var(--phase-play);
  }

  .axis {
    height: ${unsafeCSS(HEIGHT)}px;
    margin-top: 4px;
    padding-left: 96px;
    position: relative;
  }

  canvas {
    cursor: grab;
    display: block;
    height: 100%;
    /* The meters lie left of the rows. */
    margin-left: ${unsafeCSS(-GUTTER)}px;
    touch-action: pan-y;
    width: calc(100% + ${unsafeCSS(GUTTER)}px);
  }

  .playhead {
    background: var(--ink);
    height: 100%;
    left: 0;
    pointer-events: none;
    position: absolute;
    top: 0;
    width: 1.5px;
  }

  canvas:active {
    cursor: grabbing;
  }

  .voice,
  .row {
    left: 0;
    position: absolute;
    width: 88px;
  }

  .voice {
    display: flex;
    flex-direction: column;
    gap: 3px;
    padding-bottom: 2px;
  }

  .caller {
    --voice: var(--caller);
    ${place(VOICES.caller)}
  }

  .agent {
    --voice: var(--agent);
    ${place(VOICES.agent)}
  }

  h4 {
    color: var(--voice);
    font-size: 0.87rem;
    font-weight: 600;
    line-height: 1.15;
    margin: 0;
  }

  h4 small {
    color: var(--ink-3);
    display: block;
    font-size: 0.76rem;
    font-weight: 400;
  }

  level-meter {
    flex: 1;
    min-height: 0;
  }

  .row {
    align-items: center;
    color: var(--ink-3);
    display: flex;
    font-size: 0.76rem;
  }

  .turns {
    ${place(TURNS)}
  }

  .sip {
    ${place(SIP)}
  }

  .events {
    ${place(EVENTS)}
  }

  @media (max-width: 560px) {
    :host {
      padding-inline: 14px;
    }

    .legend {
      display: none;
    }

    .axis {
      padding-left: 58px;
    }

    .voice,
    .row {
      width: 54px;
    }

    h4 small {
      display: none;
    }
  }
`;
