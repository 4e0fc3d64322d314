// Calls over HTTP: POST /rpc.

import type { Runtime } from '../core/runtime.ts'
import type { Endpoint } from './endpoint.ts'
import { JSON_TYPE } from './http-reply.ts'
import { answerRpc } from './rpc.ts'

/** Who may look may call; each method says what else it needs. */
export function rpcEndpoint(runtime: Runtime): Endpoint {
  return {
    method: 'POST',
    path: '/rpc',
    scope: 'read',
    doc: {
      summary:
        'Calls: JSON-RPC 2.0, one, or several in an array. A method may need a token of a higher scope.',
      body: { type: 'application/json', doc: 'A call, or an array of calls.' },
      responses: {
        200: { doc: 'The reply, also where it is an error of the call.' },
        204: { doc: 'There were notifications only.' },
        400: { doc: 'The body is no call: the error is one of JSON-RPC.' },
        500: { doc: 'The method failed: the error is one of JSON-RPC.' },
      },
    },
    async handle({ body, scope }) {
      const answer = await answerRpc(runtime.current, body, scope)
      if (!answer.body) return { status: answer.status }
      return { status: answer.status, headers: { 'content-type': JSON_TYPE }, body: answer.body }
    },
  }
}
