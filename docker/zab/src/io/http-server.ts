// An HTTP server for operators: GET requests with a short text as answer, on a port of its own.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HttpAnswer } from '../server/operators/http-answers.ts';

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** A connection on which nothing happens is closed. */
  readonly idleTimeoutMs: number;
  readonly answer: (url: string) => HttpAnswer;
  /** With the port in use. */
  readonly started: (port: number) => void;
  readonly failed: (reason: string) => void;
}

export interface HttpServer {
  close(): void;
}

export function startHttpServer(options: HttpServerOptions): HttpServer {
  const server = createServer((request, response) => respond(request, response, options.answer));
  server.keepAliveTimeout = options.idleTimeoutMs;
  server.setTimeout(options.idleTimeoutMs);
  server.on('error', (error) => options.failed(error.message));
  server.listen({ host: options.host, port: options.port }, () => {
    const bound = server.address();
    options.started(bound !== null && typeof bound === 'object' ? bound.port : options.port);
  });
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpServerOptions['answer'],
): void {
  // Nobody sends a body with a question; one that comes is not kept.
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD', 'Content-Length': 0 });
    response.end();
    return;
  }
  const { status, contentType, body } = answer(request.url ?? '/');
  response.writeHead(status, {
    ...(contentType === null ? {} : { 'Content-Type': contentType }),
    'Content-Length': Buffer.byteLength(body),
    Server: 'zab-server',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
