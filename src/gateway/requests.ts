// Requests over HTTP: `POST /request/{method}` runs the request route, as server.request() does, and the reply becomes the response.

import { CallError, ReplyError } from '../core/errors.ts'
import type { Runtime } from '../core/runtime.ts'
import { type Reply, type RequestInit, requestLocally } from '../tm/local-request.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'
import type { Endpoint } from './endpoint.ts'
import { type HttpReply, problem } from './http-reply.ts'
import type { HttpRequest } from './http-request.ts'

/** What stands in front of the name of a header of the request. */
const REQUEST_PREFIX = 'x-sip-'
/** And of one of the reply: none of them can be taken for one of HTTP's. */
const REPLY_PREFIX = 'sip-'

const NO_ROUTE = problem(
  501,
  'no_request_route',
  'no route takes requests: a configuration has it as request',
)
const CLOSING = problem(503, 'closing', 'the server closes')

/** Of the reply: what ties it to the request, and what HTTP says by itself. */
const NOT_TOLD: ReadonlySet<string> = new Set([
  ...['via', 'v', 'from', 'f', 'to', 't', 'call-id', 'i', 'cseq', 'content-length', 'l', 'content-type', 'c'],
])

/** Codes of SIP that mean the same in HTTP. */
const SAME: ReadonlySet<number> = new Set([
  ...[
    200, 202, 204, 300, 301, 302, 400, 402, 403, 404, 405, 406, 410, 412, 413, 414, 415, 500, 501, 502, 503,
    504,
  ],
])

/** Codes that mean what another one means in HTTP. 401 and 407 are not about the token that HTTP asks for. */
const OTHERS: ReadonlyMap<number, number> = new Map([
  [401, 403],
  [407, 403],
  [408, 504],
  [416, 400],
  [481, 404],
  [484, 400],
  [513, 413],
  [603, 403],
  [604, 404],
  [606, 406],
])

/** What a code becomes of which nothing more is known, by its class: that it was understood, and could not be done. */
const CLASSES: readonly number[] = [500, 500, 200, 300, 422, 500, 422]

/** The status of HTTP for a final code of SIP. `sip-status` says what it was. */
export function httpStatusOf(code: number): number {
  return SAME.has(code) ? code : (OTHERS.get(code) ?? CLASSES[Math.floor(code / 100)] ?? 500)
}

export function requestEndpoint(runtime: Runtime): Endpoint {
  return {
    method: 'POST',
    path: '/request/{method}',
    scope: 'publish',
    limited: true,
    doc: {
      summary:
        'Opens a transaction: the request route runs, and its reply becomes the response. `sip-status` says its code and phrase, ' +
        '`sip-NAME` are the headers of the reply.',
      parameters: [
        {
          name: 'method',
          in: 'path',
          required: true,
          doc: '`MESSAGE`, `INVITE`, `OPTIONS` or any token but ACK and CANCEL.',
        },
        { name: 'uri', in: 'query', required: true, doc: 'The Request-URI: `sip:alice@example.com`.' },
        {
          name: 'header',
          in: 'query',
          repeated: true,
          doc: 'A header of the request, `NAME: VALUE`. So is an HTTP header `X-SIP-NAME`.',
        },
      ],
      body: {
        type: 'application/octet-stream',
        doc: 'The body of the request; its Content-Type is the request’s.',
      },
      responses: {
        200: { doc: 'The reply was a 2xx.', type: '*/*' },
        300: { doc: 'The reply was a 3xx.', type: '*/*' },
        400: { doc: 'No request can be made of this.' },
        403: { doc: 'The reply was 401, 403, 407 or 603; or the token is not enough.', type: '*/*' },
        404: { doc: 'The reply was 404, 481 or 604.', type: '*/*' },
        422: { doc: 'The reply was another 4xx or 6xx, e.g. 486.', type: '*/*' },
        500: { doc: 'The reply was a 5xx: no route answered, or it failed.', type: '*/*' },
        501: { doc: 'There is no request route.' },
        502: { doc: 'The reply cannot be read.' },
        503: { doc: 'More transactions than may be (max_transactions), or the server closes.', type: '*/*' },
        504: { doc: 'No reply in time: fr_timer, or request_timeout.', type: '*/*' },
      },
    },
    handle: (request) => handle(runtime, request),
  }
}

function handle(runtime: Runtime, request: HttpRequest): HttpReply | Promise<HttpReply> {
  if (!runtime.dispatcher.accepting) return CLOSING
  if (!runtime.routes.get('request')) return NO_ROUTE
  const init = initOf(request)
  return 'status' in init ? init : ask(runtime, init)
}

async function ask(runtime: Runtime, init: RequestInit): Promise<HttpReply> {
  try {
    return responseOf(await requestLocally(runtime.state(REQUEST_ROUTES), init))
  } catch (error) {
    if (error instanceof ReplyError) return problem(502, 'bad_reply', error.message)
    if (error instanceof CallError) return problem(400, 'bad_request', error.message)
    throw error
  }
}

function initOf({ parameters, query, headers: given, body, signal }: HttpRequest): RequestInit | HttpReply {
  const uri = query.get('uri')
  if (uri === null) return problem(400, 'no_uri', 'the Request-URI is missing: ?uri=sip:alice@example.com')
  const headers = new Map<string, string[]>()
  for (const [name, value] of given) {
    if (name.startsWith(REQUEST_PREFIX)) add(headers, inTitleCase(name.slice(REQUEST_PREFIX.length)), value)
  }
  for (const line of query.getAll('header')) {
    const [, name, value] = /^([^:]*?)\s*:\s*(.*?)\s*$/s.exec(line) ?? []
    if (name === undefined || value === undefined) {
      return problem(400, 'bad_header', 'a header is NAME: VALUE, e.g. ?header=Subject:%20hello')
    }
    add(headers, name, value)
  }
  const type = given.get('content-type') ?? 'application/octet-stream'
  if (body.length > 0 && !headers.has('Content-Type')) headers.set('Content-Type', [type])
  const { method = '' } = parameters
  return { method, uri, headers: Object.fromEntries(headers), body, signal }
}

function add(headers: Map<string, string[]>, name: string, value: string): void {
  const values = headers.get(name)
  if (values) values.push(value)
  else headers.set(name, [value])
}

/** HTTP headers arrive in lower case: `call-info` → `Call-Info`. */
function inTitleCase(name: string): string {
  return name.replace(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase())
}

function responseOf({ code, reason, headers, bytes }: Reply): HttpReply {
  const told: Record<string, string> = {}
  for (const [name, values] of headers) {
    if (!NOT_TOLD.has(name)) told[`${REPLY_PREFIX}${name}`] = oneLine(values.join(', '))
  }
  const type = headers.get('content-type')?.[0] ?? headers.get('c')?.[0]
  const after = headers.get('retry-after')?.[0]
  return {
    status: httpStatusOf(code),
    headers: {
      ...told,
      'sip-status': oneLine(`${code} ${reason}`),
      ...(bytes.length > 0 ? { 'content-type': oneLine(type ?? 'application/octet-stream') } : {}),
      ...(after !== undefined && /^\d+/.test(after)
        ? { 'retry-after': String(Number.parseInt(after, 10)) }
        : {}),
    },
    body: bytes,
  }
}

/** What a header of HTTP cannot have. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}]+/gu, ' ')
}
