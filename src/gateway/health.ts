// Whether it lives, and whether it takes clients: for those who start, stop and balance services.

import type { Runtime } from '../core/runtime.ts'
import type { Endpoint } from './endpoint.ts'
import { json } from './http-reply.ts'

/** `/healthz`: it answers. `/readyz`: it takes clients, which it does not while it closes. */
export function healthEndpoints({ dispatcher }: Runtime): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      scope: undefined,
      doc: { summary: 'Whether it lives.', responses: { 200: { doc: 'It does.' } } },
      handle: () => json(200, { status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      scope: undefined,
      doc: {
        summary: 'Whether it takes clients, which it does not while it closes.',
        responses: { 200: { doc: 'It does.' }, 503: { doc: 'It closes.' } },
      },
      handle: () =>
        dispatcher.accepting ? json(200, { status: 'ready' }) : json(503, { status: 'draining' }),
    },
  ]
}
