// What the AdminServer and the metrics provider answer to an HTTP request. Pure: a path and a view in, an
// answer out.

import type { AdminSettings } from '../config/admin-settings.ts';
import type { ServerView } from '../server-view.ts';
import { commandNames, runCommand } from './admin-commands.ts';
import { jsonText } from './json-text.ts';
import { prometheusContentType, prometheusText } from './prometheus-text.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** Null: the server has not loaded its data yet. */
export type ViewSource = () => ServerView | null;

/** `/commands/<name>?argument=value`; `/commands` itself lists the names as links. */
export function answerAdmin(url: string, { commandUrl }: AdminSettings, viewOf: ViewSource): HttpAnswer {
  const { pathname, searchParams } = parseUrl(url);
  if (pathname === commandUrl || pathname === `${commandUrl}/`) return linksTo(commandUrl);
  if (!pathname.startsWith(`${commandUrl}/`)) return notFound;
  const name = pathname.slice(commandUrl.length + 1);
  const fields = runCommand(name, searchParams, viewOf()) ?? {
    command: name,
    error: `Unknown command: ${name}`,
  };
  return { status: 200, contentType: 'application/json', body: jsonText(fields) };
}

export function answerMetrics(url: string, viewOf: ViewSource): HttpAnswer {
  if (parseUrl(url).pathname !== '/metrics') return notFound;
  const view = viewOf();
  return { status: 200, contentType: prometheusContentType, body: view === null ? '' : prometheusText(view) };
}

const notFound: HttpAnswer = { status: 404, contentType: 'text/plain', body: 'Not Found\n' };

function linksTo(commandUrl: string): HttpAnswer {
  const links = commandNames().map((name) => `<a href="${commandUrl}/${name}">${name}</a>\n<br/>\n`);
  return { status: 200, contentType: null, body: links.join('') };
}

/** What an HTTP client sends may be no URL at all. */
function parseUrl(url: string): { pathname: string; searchParams: URLSearchParams } {
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  return {
    pathname: decodePath(path),
    searchParams: new URLSearchParams(question < 0 ? '' : url.slice(question + 1)),
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
