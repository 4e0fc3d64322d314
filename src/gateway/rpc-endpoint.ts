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
    async handle({ body, scope }) {
      const answer = await answerRpc(runtime.current, body, scope)
      if (!answer.body) return { status: answer.status }
      return { status: answer.status, headers: { 'content-type': JSON_TYPE }, body: answer.body }
    },
  }
}
