/** How <turn-table> looks. */
import { css } from 'lit';

export const turnStyles = css`
  section {
    border-top: 1px solid var(--line);
    padding: 16px var(--inset) 14px;
  }

  .head {
    align-items: baseline;
    display: flex;
    flex-wrap: wrap;
    font-size: 0.87rem;
    gap: 4px 16px;
    padding-bottom: 6px;
  }

  .legend {
    color: var(--ink-3);
    display: flex;
    flex-wrap: wrap;
    font-size: 0.76rem;
    gap: 2px 12px;
    margin-left: auto;
  }

  .legend span {
    align-items: center;
    display: inline-flex;
    gap: 5px;
    white-space: nowrap;
  }

  .legend i {
    border-radius: 2px;
    height: 9px;
    width: 9px;
  }

  .scroll {
    overflow-x: auto;
  }

  .said {
    max-width: 13em;
    overflow: hidden;
    text-overflow: ellipsis;
  }

  td.wait {
    color: var(--ink);
    font-weight: 600;
  }

  .fall {
    min-width: 150px;
    width: 40%;
  }

  .bar {
    background: var(--sunken);
    border-radius: 3px;
    display: block;
    height: 14px;
    width: 100%;
  }

  .transcribe {
    background: var(--phase-transcribe);
    fill: var(--phase-transcribe);
  }

  .hand-over {
    background: var(--phase-hand-over);
    fill: var(--phase-hand-over);
  }

  .think {
    background: var(--phase-think);
    fill: var(--phase-think);
  }

  .speak {
    background: var(--phase-speak);
    fill: var(--phase-speak);
  }

  .play {
    background: var(--phase-play);
    fill: var(--phase-play);
  }

  i.wait,
  rect.wait {
    background: var(--phase-wait);
    fill: var(--phase-wait);
  }

  .cut {
    color: var(--amber);
  }

  button {
    margin: 4px 0 0 -0.6em;
  }

  @media (max-width: 560px) {
    .legend {
      margin-left: 0;
    }
  }
`;
