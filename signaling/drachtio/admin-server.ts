/**
 * The TCP listener that applications connect to, their connections, and which of them asked for
 * which methods. An application must authenticate before anything else is done for it.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Log } from '../../common/log.ts';
import { bindError } from '../sip/transport.ts';
import { parseCommand, type Command } from './command.ts';
import { frame, FrameError, FrameReader } from './framing.ts';

const KEEP_ALIVE_MS = 45_000;
/** An application that stopped reading is dropped before it fills the memory. */
const MAX_BACKLOG = 64 * 1024 * 1024;

/** A command that is left for the SIP side once the admin side has done its part. */
export type SipCommand = Exclude<
  Command,
  { readonly type: 'authenticate' | 'ping' | 'route' | 'remove_route' | 'invalid' }
>;

export interface AdminHandler {
  command(app: App, command: SipCommand): void;
  /** The application's connection is gone. */
  lost(app: App): void;
  /** The fields of the answer to `authenticate` that follow OK. */
  greeting(): readonly string[];
}

/** One connected application. */
export class App {
  readonly routes = new Set<string>();
  authenticated = false;
  private readonly socket: Socket;
  private corked = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get closed(): boolean {
    return this.socket.destroyed || this.socket.writableEnded;
  }

  /** Answers a command: `OK` or `NOK` and what follows it. */
  answer(commandId: string, fields: readonly (string | number)[], message?: Buffer): void {
    this.write(`${randomUUID()}|response|${commandId}|${fields.join('|')}`, message);
  }

  refuse(commandId: string, reason: string): void {
    this.answer(commandId, ['NOK', reason]);
  }

  /** Tells the application something it did not ask for. */
  event(fields: readonly (string | number)[], message: Buffer): void {
    this.write(`${randomUUID()}|${fields.join('|')}`, message);
  }

  /** The last word; the connection is closed behind it. */
  dismiss(commandId: string, reason: string): void {
    this.answer(commandId, ['NO', reason]);
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private write(meta: string, message?: Buffer): void {
    if (this.closed) return;
    // Everything that one incoming segment causes leaves in one segment.
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      process.nextTick(() => {
        this.corked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(frame(meta, message));
    if (this.socket.writableLength > MAX_BACKLOG) this.socket.destroy();
  }
}

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly handler: AdminHandler;
  readonly log: Log;
}

export function openAdmin(options: AdminOptions): Promise<AdminServer> {
  const { host, port } = options;
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  return new Promise((resolve, reject) => {
    const refused = (cause: Error): void =>
      reject(bindError('drachtio admin TCP', host, port, cause));
    server.once('error', refused);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', refused);
      resolve(new AdminServer(server, options));
    });
  });
}

export class AdminServer {
  readonly port: number;
  private readonly server: Server;
  private readonly options: AdminOptions;
  private readonly apps = new Set<App>();
  /** Whose turn it is, for each verb. */
  private readonly turns = new Map<string, number>();
  private closing: Promise<void> | undefined;

  constructor(server: Server, options: AdminOptions) {
    this.server = server;
    this.options = options;
    this.port = (server.address() as AddressInfo).port;
    server.on('error', () => undefined);
    server.on('connection', (socket) => this.accept(socket));
  }

  /** The next application that asked for this method, in turn; undefined when none did. */
  appFor(method: string): App | undefined {
    const verb = method.toLowerCase();
    const willing = [...this.apps].filter((app) => !app.closed && app.routes.has(verb));
    if (willing.length === 0) return undefined;
    const turn = this.turns.get(verb) ?? 0;
    this.turns.set(verb, turn + 1);
    return willing[turn % willing.length];
  }

  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      this.server.close(() => resolve());
      for (const app of this.apps) app.destroy();
    });
    return this.closing;
  }

  private accept(socket: Socket): void {
    const app = new App(socket);
    const reader = new FrameReader();
    this.apps.add(app);
    socket.on('data', (chunk) => {
      let payloads: Buffer[];
      try {
        payloads = reader.push(chunk);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        this.options.log('warn', `An application was disconnected: ${error.message}.`);
        socket.destroy();
        return;
      }
      for (const payload of payloads) if (!app.closed) this.run(app, parseCommand(payload));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.apps.delete(app);
      if (app.authenticated) {
        this.options.log('debug', 'An application disconnected.');
        this.options.handler.lost(app);
      }
    });
  }

  private run(app: App, command: Command): void {
    if (command.type === 'authenticate') {
      if (command.secret !== this.options.secret) {
        this.options.log('warn', 'An application was refused: wrong secret.');
        app.dismiss(command.id, 'incorrect secret');
        return;
      }
      app.authenticated = true;
      this.options.log('debug', 'An application connected.');
      app.answer(command.id, ['OK', ...this.options.handler.greeting()]);
      return;
    }
    if (command.type === 'invalid') {
      app.dismiss(command.id, command.reason);
      return;
    }
    if (!app.authenticated) {
      app.dismiss(command.id, 'not authenticated');
      return;
    }
    switch (command.type) {
      case 'ping':
        app.answer(command.id, ['OK', 'pong']);
        break;
      case 'route':
        app.routes.add(command.verb);
        app.answer(command.id, ['OK']);
        break;
      case 'remove_route':
        app.routes.delete(command.verb);
        app.answer(command.id, ['OK']);
        break;
      default:
        this.options.handler.command(app, command);
    }
  }
}
