// The mqueue module: queues of keys and values between routes (Kamailio's mqueue). What was fetched last is in $mqk and $mqv.

import { ConfigError, RpcError } from '../core/errors.ts'
import { JsonObject } from '../core/json/value.ts'
import { defineFunction, defineKemiFunction, defineModule } from '../core/module.ts'
import type { PseudoVariableClass, PvValue } from '../core/pseudovariables.ts'
import { defineRpc } from '../core/rpc.ts'
import { type MessageQueue, MQUEUE_PARAMETERS, MQUEUES, readQueue } from './mqueue/queues.ts'

const QUEUE = { name: 'queue', type: 'string' } as const

/** What was fetched last; nothing of what is empty. */
function fetched(queue: MessageQueue | undefined, part: 'key' | 'value'): PvValue {
  return queue?.fetched?.[part] || null
}

function ofQueue(className: string, read: (queue: MessageQueue | undefined) => PvValue): PseudoVariableClass {
  return {
    parse: (inner) =>
      inner
        ? { get: (ctx) => read(ctx.runtime.state(MQUEUES).get(inner)) }
        : `$${className} needs the name of a queue: $${className}(name)`,
  }
}

/** $mqk and $mqv as KEMI asks for them. mqk_gete and mqk_getw make nothing of nothing, too: that is how Kamailio 5.6.3 has them. */
function getter(part: 'key' | 'value') {
  return defineKemiFunction({
    parameters: [QUEUE],
    returns: 'value',
    doc: `The ${part} that was fetched last; null when there is none.`,
    call: (ctx, name) => fetched(ctx.runtime.state(MQUEUES).get(name), part),
  })
}

export const mqueue = defineModule({
  name: 'mqueue',
  parameters: MQUEUE_PARAMETERS,

  functions: {
    mq_add: defineFunction({
      parameters: [QUEUE, { name: 'key', type: 'string' }, { name: 'value', type: 'string' }],
      doc: 'Adds a key and a value at the end of a queue; of a full one the oldest goes. False when there is no such queue.',
      call(ctx, name, key, value) {
        const queue = ctx.runtime.state(MQUEUES).get(name)
        queue?.add(key, value)
        return queue ? 1 : -1
      },
    }),
    mq_fetch: defineFunction({
      parameters: [QUEUE],
      doc: 'Takes the oldest from a queue into $mqk and $mqv. False: -2 when the queue is empty, -1 when there is none.',
      call(ctx, name) {
        const queue = ctx.runtime.state(MQUEUES).get(name)
        if (!queue) return -1
        return queue.fetch() ? 1 : -2
      },
    }),
    mq_pv_free: defineFunction({
      parameters: [QUEUE],
      doc: 'Forgets what was fetched last.',
      call(ctx, name) {
        ctx.runtime.state(MQUEUES).get(name)?.free()
        return 1
      },
    }),
    mq_size: defineFunction({
      parameters: [QUEUE],
      kemi: { hidden: true },
      doc: 'How many are in a queue. False: -1 when it is empty, -2 when there is none.',
      call: (ctx, name) => {
        const queue = ctx.runtime.state(MQUEUES).get(name)
        return queue ? queue.size || -1 : -2
      },
    }),
  },

  kemi: {
    mq_size: defineKemiFunction({
      parameters: [QUEUE],
      returns: 'integer',
      doc: 'How many are in a queue; -1 when there is none.',
      call: (ctx, name) => ctx.runtime.state(MQUEUES).get(name)?.size ?? -1,
    }),
    mqk_get: getter('key'),
    mqk_gete: getter('key'),
    mqk_getw: getter('key'),
    mqv_get: getter('value'),
    mqv_gete: getter('value'),
    mqv_getw: getter('value'),
  },

  pseudoVariables: {
    mqk: ofQueue('mqk', (queue) => fetched(queue, 'key')),
    mqv: ofQueue('mqv', (queue) => fetched(queue, 'value')),
    mq_size: ofQueue('mq_size', (queue) => queue?.size ?? ''),
  },

  rpc: {
    'mqueue.get_size': defineRpc({
      scope: 'read',
      parameters: [QUEUE],
      missing: { status: 400, reason: 'No queue name' },
      doc: 'How many are in a queue.',
      call(runtime, name) {
        const queue = runtime.state(MQUEUES).get(name)
        if (!queue) throw new RpcError(404, 'No such queue')
        return JsonObject.of({ name, size: queue.size })
      },
    }),
    'mqueue.get_sizes': defineRpc({
      scope: 'read',
      parameters: [],
      doc: 'How many are in each queue.',
      call: (runtime) =>
        Array.from(runtime.state(MQUEUES), ([name, { size }]) => JsonObject.of({ name, size })),
    }),
    'mqueue.fetch': defineRpc({
      parameters: [QUEUE],
      missing: { status: 500, reason: 'No queue name' },
      doc: 'Takes the oldest from a queue.',
      call(runtime, name) {
        const queue = runtime.state(MQUEUES).get(name)
        if (!queue) throw new RpcError(500, 'No such queue')
        const item = queue.take()
        if (!item) throw new RpcError(404, 'Empty queue')
        return JsonObject.of({ key: item.key, val: item.value })
      },
    }),
  },

  start(runtime, { mqueue: descriptions }) {
    const names = descriptions.map(readQueue).map((each) => (typeof each === 'string' ? '' : each.name))
    const twice = names.find((name, position) => names.indexOf(name) !== position)
    if (twice !== undefined) {
      throw new ConfigError([{ path: 'mqueue.mqueue', problem: `there are two queues named ${twice}` }])
    }
    runtime.state(MQUEUES)
  },
})
