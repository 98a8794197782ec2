import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isAllowed } from '../../../server/http/guard.ts';

const request = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;

describe('isAllowed', () => {
  it.each([
    [{ host: 'localhost:8080' }, true],
    [{ host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' }, true],
    [{ host: '[::1]:8080', origin: 'http://[::1]:8080' }, true],
    [{ host: '192.0.2.7:8080' }, true],
    [{ host: 'localhost:8080', origin: 'https://evil.example' }, false],
    [{ host: 'localhost:8080', origin: 'http://localhost:3000' }, false],
    [{ host: 'rebound.example:8080', origin: 'http://rebound.example:8080' }, false],
    [{ host: 'localhost:8080', origin: 'null' }, false],
    [{}, false],
  ])('%j → %s', (headers, allowed) => {
    expect(isAllowed(request(headers as Record<string, string>))).toBe(allowed);
  });
});
