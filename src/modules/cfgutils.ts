// The cfgutils module: chance, locks, hashes (Kamailio's cfgutils). One thread runs all routes, and nothing else runs meanwhile: a lock is always
// free, and nobody may sleep.

import { ArgumentError, CallError } from '../core/errors.ts'
import { defineFunction, defineModule, type FunctionParameter, type ModuleFunction } from '../core/module.ts'
import { ignored, integer } from '../core/parameters.ts'
import { StateKey } from '../core/runtime.ts'
import { single } from './pv/request.ts'

const parameters = {
  initial_probability: integer({
    default: 10,
    max: 100,
    doc: 'Percent: how often rand_event() is true, until rand_set_prob() says otherwise.',
  }),
  lock_set_size: ignored('integer', 'one thread runs all routes: a lock is always free'),
}

/** Percent. */
const PROBABILITY = new StateKey((runtime) => ({
  now: runtime.parametersOf('cfgutils', parameters).initialProbability,
}))

const KEY = { name: 'key', type: 'string' } as const

const locking = (doc: string): ModuleFunction => defineFunction({ parameters: [KEY], doc, call: () => 1 })

/** A function that is not to be called, and what to do instead. */
function refused(list: readonly FunctionParameter[], instead: string): ModuleFunction {
  const problem = `is refused: it would stop every client and every request, not only this one; ${instead}`
  const refuse = (): never => {
    throw new CallError(problem)
  }
  return {
    parameters: list,
    doc: `Refused: it would stop every client and every request. Instead: ${instead}.`,
    bind() {
      throw new ArgumentError(undefined, problem)
    },
    run: refuse,
    invoke: refuse,
  }
}

const SUSPEND = 'suspend the request (evapi_async_relay, t_suspend), or let rtimer run a route'

/** What core_hash() adds up: four bytes at a time, the rest as one number. */
function hashed(hash: number, text: string): number {
  let sum = hash
  let at = 0
  const mixed = (value: number) => (value ^ (value >>> 3)) >>> 0
  for (; at + 4 <= text.length; at += 4) {
    const value =
      (text.charCodeAt(at) << 24) +
      (text.charCodeAt(at + 1) << 16) +
      (text.charCodeAt(at + 2) << 8) +
      text.charCodeAt(at + 3)
    sum = (sum + mixed(value >>> 0)) >>> 0
  }
  let rest = 0
  for (; at < text.length; at++) rest = ((rest << 8) + text.charCodeAt(at)) >>> 0
  return (sum + mixed(rest)) >>> 0
}

/** Kamailio's core hash of one or two texts, from 1 to 2^bits. */
export function coreHash(one: string, other: string, bits: number): number {
  let hash = hashed(0, one)
  if (other !== '') hash = hashed(hash, other)
  hash = (hash + (hash >>> 11) + (hash >>> 13) + (hash >>> 23)) >>> 0
  const mask = 2 ** (bits > 0 ? bits % 32 : 1) - 1
  return (hash & mask) + 1
}

export const cfgutils = defineModule({
  name: 'cfgutils',
  parameters,
  functions: {
    rand_set_prob: defineFunction({
      parameters: [
        {
          name: 'percent',
          type: 'integer',
          check: (constant) =>
            /^\d+$/.test(constant) && Number(constant) <= 100
              ? undefined
              : 'a probability is 0 to 100 percent',
        },
      ],
      doc: 'Sets how often rand_event() is true, in percent.',
      call(ctx, percent) {
        if (percent < 0 || percent > 100) return -1
        ctx.runtime.state(PROBABILITY).now = percent
        return 1
      },
    }),
    rand_reset_prob: defineFunction({
      parameters: [],
      doc: 'Sets the probability back to initial_probability.',
      call(ctx) {
        ctx.runtime.state(PROBABILITY).now = ctx.runtime.parametersOf(
          'cfgutils',
          parameters,
        ).initialProbability
        return 1
      },
    }),
    rand_get_prob: defineFunction({
      parameters: [],
      doc: 'The probability in percent. At 0 the script ends, as it does in Kamailio.',
      call: (ctx) => ctx.runtime.state(PROBABILITY).now,
    }),
    rand_event: defineFunction({
      parameters: [],
      doc: 'True as often as the probability says.',
      call: (ctx) => (Math.random() * 100 < ctx.runtime.state(PROBABILITY).now ? 1 : -1),
    }),

    lock: locking('Takes a lock; always at once.'),
    trylock: locking('Takes a lock if it is free; it always is.'),
    unlock: locking('Frees a lock.'),

    core_hash: defineFunction({
      parameters: [
        { name: 'one', type: 'string' },
        { name: 'other', type: 'string' },
        { name: 'size', type: 'integer' },
      ],
      doc: "Kamailio's hash of two texts, of which the second may be empty: from 1 to 2^size.",
      call: (_, one, other, size) => coreHash(one, other, size),
    }),
    check_route_exists: defineFunction({
      parameters: [{ name: 'route', type: 'string' }],
      doc: 'Whether there is a route[name].',
      call: (ctx, name) => (ctx.runtime.routes.get(`route[${name}]`) ? 1 : -1),
    }),

    sleep: refused([{ name: 'seconds', type: 'integer' }], SUSPEND),
    usleep: refused([{ name: 'microseconds', type: 'integer' }], SUSPEND),
    abort: refused([], 'stop the daemon from outside'),
  },
  pseudoVariables: {
    RANDOM: single('RANDOM', { get: () => Math.floor(Math.random() * 2_147_483_648) }),
  },
})
