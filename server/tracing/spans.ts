/**
 * Where spans go: to an OpenTelemetry collector, where the environment names one and the packages are
 * installed, which the bridge does without otherwise. Configured by OpenTelemetry's own variables:
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
import type { Context, Span as OtelSpan } from '@opentelemetry/api';
import { messageOf } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import { version } from '../root.ts';
import type { TraceContext } from './trace-context.ts';

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  readonly context: TraceContext;
  /** Times are milliseconds since 1970. */
  child(name: string, from: number, to: number, attributes: Attributes, error?: string): void;
  event(name: string, at: number, attributes: Attributes): void;
  end(at: number, attributes: Attributes, error?: string): void;
}

export interface Spans {
  begin(name: string, at: number, parent: TraceContext | undefined, attributes: Attributes): Span;
  /** What has ended by then is sent. */
  close(): Promise<void>;
}

const SERVICE = 'sip-agent-bridge';
/** A collector that does not answer holds nothing up. */
const CLOSE_MS = 2000;
export const PACKAGES =
  '@opentelemetry/api@1.9 @opentelemetry/resources @opentelemetry/sdk-trace @opentelemetry/exporter-trace-otlp-http';

/** Undefined: nobody asked for spans, or they cannot be sent. */
export async function openSpans(
  environment: NodeJS.ProcessEnv,
  log: Log,
): Promise<Spans | undefined> {
  const endpoint =
    environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  if (!URL.canParse(endpoint)) {
    const message = `No spans are sent: ${endpoint} in OTEL_EXPORTER_OTLP_ENDPOINT is no address.`;
    log('warn', message, { code: 'BAD_CONFIG' });
    return undefined;
  }
  try {
    const spans = await load(environment['OTEL_SERVICE_NAME'] ?? SERVICE);
    log('info', `spans of calls go to ${new URL(endpoint).host}`);
    return spans;
  } catch (error) {
    const message = `No spans are sent: ${messageOf(error)}. Is it installed? npm install ${PACKAGES}`;
    log('warn', message, { code: 'OTEL_MISSING' });
    return undefined;
  }
}

async function load(service: string): Promise<Spans> {
  const [api, sdk, { resourceFromAttributes }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer(SERVICE, version);
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } = api;
  const finish = (span: OtelSpan, at: number, error: string | undefined) => {
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    span.end(at);
  };
  return {
    begin: (name, startTime, parent, attributes) => {
      const around: Context =
        parent === undefined
          ? ROOT_CONTEXT
          : trace.setSpanContext(ROOT_CONTEXT, {
              ...parent,
              traceFlags: TraceFlags.SAMPLED,
              isRemote: true,
            });
      const span = tracer.startSpan(
        name,
        { startTime, attributes, kind: SpanKind.SERVER, root: parent === undefined },
        around,
      );
      const inside = trace.setSpan(ROOT_CONTEXT, span);
      return {
        context: span.spanContext(),
        child: (childName, from, to, childAttributes, error) => {
          const options = { startTime: from, attributes: childAttributes, kind: SpanKind.CLIENT };
          finish(tracer.startSpan(childName, options, inside), to, error);
        },
        event: (eventName, at, eventAttributes) => span.addEvent(eventName, eventAttributes, at),
        end: (at, more, error) => {
          span.setAttributes(more);
          finish(span, at, error);
        },
      };
    },
    close: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}
