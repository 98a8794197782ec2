#!/usr/bin/env node
/** `npm start`. What it loads comes after new-space.ts, and so is an import that is called. */
import './new-space.ts';

await import('./start.ts');
