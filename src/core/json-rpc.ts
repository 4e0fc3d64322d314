// JSON-RPC 2.0 over the methods that modules declare: from the text of a request to the reply. Errors of methods have the codes that
// Kamailio's have; what is no request at all has those of JSON-RPC.

import { RpcError } from './errors.ts'
import { parseJson } from './json/parser.ts'
import { JsonObject, type JsonValue } from './json/value.ts'
import { textOfFailure } from './log.ts'
import type { RpcMethod } from './rpc.ts'
import type { Runtime } from './runtime.ts'
import { includes, type Scope } from './scopes.ts'

/** What a call came to. */
export interface RpcReply {
  /** 200, or the code of the error. */
  readonly code: number
  /** `OK`, or what the error says; a byte string. */
  readonly reason: string
  /** The whole reply. */
  readonly body: JsonObject
}

/** The request is no JSON. */
export const PARSE_ERROR = -32700
/** It is JSON, but no call. */
export const INVALID_REQUEST = -32600
/** Kamailio's code for a method that is not there. */
export const METHOD_NOT_FOUND = 500
/** The caller may not do that. */
export const FORBIDDEN = 403
/** The method failed by itself. */
export const INTERNAL_ERROR = -32603

/** A call whose method is known. */
interface Call {
  readonly id: JsonValue | undefined
  readonly method: string
  readonly definition: RpcMethod
  readonly given: readonly JsonValue[]
}

/**
 * Runs one call of a script. Never throws.
 * @param text the request, a byte string
 */
export function callJsonRpc(runtime: Runtime, text: string): RpcReply {
  const request = parseJson(text)
  if (typeof request === 'string') return failed(undefined, PARSE_ERROR, `Parse error: ${request}`)
  if (Array.isArray(request)) {
    return failed(undefined, INVALID_REQUEST, 'Invalid Request: batches are not supported')
  }
  const call = readCall(runtime, request)
  if ('code' in call) return call
  const { id, method, definition, given } = call
  if (definition.asynchronous) {
    return failed(id, METHOD_NOT_FOUND, `${method} cannot be called from a script: its result comes later`)
  }
  try {
    // It is not asynchronous: that is no promise.
    return reply(id, 200, 'OK', 'result', definition.invoke(runtime, given) as JsonValue)
  } catch (error) {
    return refused(runtime, call, error)
  }
}

/**
 * Runs one call from outside, which may take its time. Never rejects.
 * @param request what was parsed
 * @param granted what the caller is allowed to do
 */
export async function serveJsonRpc(runtime: Runtime, request: JsonValue, granted: Scope): Promise<RpcReply> {
  const call = readCall(runtime, request)
  if ('code' in call) return call
  const { id, method, definition, given } = call
  if (!includes(granted, definition.scope)) {
    return failed(id, FORBIDDEN, `${method} needs the scope ${definition.scope}`)
  }
  try {
    return reply(id, 200, 'OK', 'result', await definition.invoke(runtime, given))
  } catch (error) {
    return refused(runtime, call, error)
  }
}

function readCall(runtime: Runtime, request: JsonValue): Call | RpcReply {
  if (!(request instanceof JsonObject)) {
    return failed(undefined, INVALID_REQUEST, 'Invalid Request: it is not an object')
  }
  const id = request.get('id')
  const method = request.get('method')
  const params = request.get('params') ?? []
  if (request.get('jsonrpc') !== '2.0')
    return failed(id, INVALID_REQUEST, 'Invalid Request: jsonrpc is not "2.0"')
  if (typeof method !== 'string')
    return failed(id, INVALID_REQUEST, 'Invalid Request: method is not a string')
  // A member's name says nothing to methods: their parameters are a list, in Kamailio as well.
  const given = Array.isArray(params) ? params : params instanceof JsonObject ? params.values : undefined
  if (!given) return failed(id, INVALID_REQUEST, 'Invalid Request: params is neither an array nor an object')
  const definition = runtime.modules.rpc.get(method)
  if (!definition) return failed(id, METHOD_NOT_FOUND, 'Method Not Found')
  return { id, method, definition, given }
}

function refused(runtime: Runtime, { id, method }: Call, error: unknown): RpcReply {
  if (error instanceof RpcError) return failed(id, error.status, error.message)
  runtime.log.error({ err: error, method }, `the method ${method} failed: ${textOfFailure(error)}`)
  return failed(id, INTERNAL_ERROR, 'Internal error')
}

/** A reply that is an error. @param message a byte string */
export function failed(id: JsonValue | undefined, code: number, message: string): RpcReply {
  return reply(id, code, message, 'error', JsonObject.of({ code, message }))
}

function reply(
  id: JsonValue | undefined,
  code: number,
  reason: string,
  kind: 'result' | 'error',
  value: JsonValue,
): RpcReply {
  const body = JsonObject.of({ jsonrpc: '2.0', [kind]: value })
  if (id !== undefined) body.set('id', id)
  return { code, reason, body }
}
