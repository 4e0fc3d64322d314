// Calls from outside, whatever they come over: from the bytes of a JSON-RPC 2.0 request, which may be a batch, to those of the reply and
// to the status that goes with it over HTTP. Which methods there are is the modules' business, one call src/core/json-rpc.ts's.

import { isUtf8 } from 'node:buffer'
import { parseJson } from '../core/json/parser.ts'
import { printJson } from '../core/json/printer.ts'
import { JsonObject, type JsonValue } from '../core/json/value.ts'
import {
  FORBIDDEN,
  failed,
  INVALID_REQUEST,
  PARSE_ERROR,
  type RpcReply,
  serveJsonRpc,
} from '../core/json-rpc.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Scope } from '../core/scopes.ts'

/** What is said to a request. */
export interface RpcAnswer {
  /**
   * What HTTP says of it. As Kamailio's xhttp has it, the code of the error is the status: 404, 500 ...; of the errors of JSON-RPC itself
   * 400 (no JSON, no request) and 500 (internal). A batch is 200 whatever its calls have come to, and 204 means that there is no body.
   */
  readonly status: number
  /** JSON in UTF-8; undefined when there were only notifications, to which nothing is said. */
  readonly body: Uint8Array | undefined
}

const NOTHING: RpcAnswer = { status: 204, body: undefined }

/**
 * Calls what a request says. Those of a batch run one after the other, in their order. Never rejects.
 * @param granted what the caller is allowed to do; a call beyond that is an error, 403 if it is the only one
 */
export async function answerRpc(
  runtime: Runtime,
  body: Uint8Array,
  granted: Scope = 'admin',
): Promise<RpcAnswer> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const request = parseJson(bytes.toString('latin1'))
  if (typeof request === 'string') return single(failed(null, PARSE_ERROR, `Parse error: ${request}`))
  if (!Array.isArray(request)) return single(await serve(runtime, request, granted))
  if (request.length === 0)
    return single(failed(null, INVALID_REQUEST, 'Invalid Request: the batch is empty'))
  const replies: JsonObject[] = []
  for (const call of request) {
    const reply = await serve(runtime, call, granted)
    if (reply) replies.push(reply.body)
  }
  return replies.length === 0 ? NOTHING : { status: 200, body: encode(replies) }
}

/** @returns undefined for a notification */
async function serve(runtime: Runtime, request: JsonValue, granted: Scope): Promise<RpcReply | undefined> {
  // A reload may have come in between two calls of a batch.
  const reply = await serveJsonRpc(runtime.current, request, granted)
  if (request instanceof JsonObject && request.get('id') !== undefined) return reply
  // What is no request has no id, and is told so all the same; who may not do it, too.
  if (reply.code !== INVALID_REQUEST && reply.code !== FORBIDDEN) return undefined
  reply.body.set('id', null)
  return reply
}

function single(reply: RpcReply | undefined): RpcAnswer {
  return reply ? { status: statusOf(reply.code), body: encode(reply.body) } : NOTHING
}

function statusOf(code: number): number {
  if (code === PARSE_ERROR || code === INVALID_REQUEST) return 400
  return code >= 200 && code <= 599 ? code : 500
}

/** Values are bytes that somebody has sent; JSON is UTF-8. */
function encode(value: JsonValue): Buffer {
  const bytes = Buffer.from(printJson(value), 'latin1')
  return isUtf8(bytes) ? bytes : Buffer.from(bytes.toString('utf8'))
}
