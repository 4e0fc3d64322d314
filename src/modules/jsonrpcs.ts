// The jsonrpcs module: remote procedure calls from scripts (Kamailio's jsonrpcs), and the methods that belong to no module. Calls from
// outside come through the gateway, to the same methods.

import type { RouteContext } from '../core/context.ts'
import { printIndented, printJson } from '../core/json/printer.ts'
import { callJsonRpc, PARSE_ERROR, type RpcReply } from '../core/json-rpc.ts'
import { defineFunction, defineKemiFunction, defineModule } from '../core/module.ts'
import { flag, ignored } from '../core/parameters.ts'
import { namedPseudoVariables } from '../core/pseudovariables.ts'
import { StateKey } from '../core/runtime.ts'
import { coreMethods } from './jsonrpcs/core-methods.ts'

const NO_FIFO = 'methods are called from scripts and through the gateway, not over a FIFO'
const NO_SOCKET = 'methods are called from scripts and through the gateway, not over this socket'

const parameters = {
  pretty_format: flag({ default: true, doc: 'Replies stand on several lines.' }),
  transport: ignored('integer', NO_SOCKET),
  fifo_name: ignored('string', NO_FIFO),
  fifo_mode: ignored('integer', NO_FIFO),
  fifo_group: ignored('string', NO_FIFO),
  fifo_user: ignored('string', NO_FIFO),
  fifo_reply_dir: ignored('string', NO_FIFO),
  dgram_socket: ignored('string', NO_SOCKET),
  dgram_workers: ignored('integer', NO_SOCKET),
  dgram_timeout: ignored('integer', NO_SOCKET),
  dgram_mode: ignored('integer', NO_SOCKET),
  dgram_group: ignored('string', NO_SOCKET),
  dgram_user: ignored('string', NO_SOCKET),
}

const COMMAND = { name: 'cmd', type: 'string' } as const

/** The reply to the last call of a script. */
const LAST_REPLY = new StateKey((): { reply: RpcReply | undefined } => ({ reply: undefined }))

/** @returns -1 only for what is no JSON: whether the method did it, the reply says */
function execute(ctx: RouteContext, command: string): number {
  const reply = callJsonRpc(ctx.runtime, command)
  ctx.runtime.state(LAST_REPLY).reply = reply
  return reply.code === PARSE_ERROR ? -1 : 1
}

function bodyOf(ctx: RouteContext): string | undefined {
  const { runtime } = ctx
  const { reply } = runtime.state(LAST_REPLY)
  if (!reply) return undefined
  const { prettyFormat } = runtime.parametersOf('jsonrpcs', parameters)
  return prettyFormat ? printIndented(reply.body) : printJson(reply.body)
}

export const jsonrpcs = defineModule({
  name: 'jsonrpcs',
  parameters,

  functions: {
    jsonrpc_exec: defineFunction({
      parameters: [COMMAND],
      kemi: { name: 'exec' },
      doc: 'Calls a method: cmd is a request of JSON-RPC. What came of it is in $jsonrpl. False when cmd is no JSON.',
      call: execute,
    }),
  },

  kemi: {
    execx: defineKemiFunction({
      parameters: [COMMAND],
      returns: 'integer',
      doc: 'As exec.',
      call: execute,
    }),
    response: defineKemiFunction({
      parameters: [],
      returns: 'value',
      doc: 'The reply to the last call; an empty text before the first.',
      call: (ctx) => bodyOf(ctx) ?? '',
    }),
    dispatch: defineKemiFunction({
      parameters: [],
      returns: 'integer',
      doc: "False: requests over HTTP are the gateway's.",
      call: () => -1,
    }),
  },

  pseudoVariables: {
    jsonrpl: namedPseudoVariables('jsonrpl', {
      code: { get: (ctx) => ctx.runtime.state(LAST_REPLY).reply?.code ?? 0 },
      text: { get: (ctx) => ctx.runtime.state(LAST_REPLY).reply?.reason ?? null },
      body: { get: (ctx) => bodyOf(ctx) ?? null },
    }),
  },

  rpc: coreMethods,
})
