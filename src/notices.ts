// What the dispatcher tells beside events, as log lines: what happened, to whom, and what to do about it.

import { clientFields, type Log } from './core/log.ts'
import type { Notice } from './dispatcher.ts'

const SLOW_EFFECTS = {
  close: 'it is closed',
  drop: 'whole messages are dropped for it until it catches up',
  block: 'publishers are not read until it catches up',
} as const

/** Writes one line for a notice. */
export function logNotice(log: Log, notice: Notice): void {
  switch (notice.kind) {
    case 'bad-frame': {
      const { reason, offset, discarded } = notice
      const effect = discarded ? 'what this read held is discarded' : 'the client is closed'
      log.warn({ client: clientFields(notice.client), reason, offset }, `bad frame: ${reason}; ${effect}`)
      return
    }
    case 'client-rejected': {
      const { limit, count } = notice
      log.warn(
        { limit, count },
        `rejected ${count} clients: max_clients is ${limit}; raise it if they are welcome`,
      )
      return
    }
    case 'not-allowed': {
      const { address, count } = notice
      log.warn(
        { address, count },
        `rejected ${count} clients or requests: allow has no network of ${address}; add one if it is welcome`,
      )
      return
    }
    case 'address-limit': {
      const { address, limit, count } = notice
      log.warn(
        { address, limit, count },
        `rejected ${count} clients: max_clients_per_address is ${limit}, and ${address} has as many; raise it if they are welcome`,
      )
      return
    }
    case 'client-slow': {
      const { policy, waiting } = notice
      const fields = { client: clientFields(notice.client), policy, waiting }
      log.warn(fields, `slow client: ${waiting} bytes wait for it; ${SLOW_EFFECTS[policy]}`)
      return
    }
    case 'client-caught-up': {
      const { dropped } = notice
      log.info(
        { client: clientFields(notice.client), dropped },
        `slow client caught up; ${dropped} messages were dropped`,
      )
      return
    }
    case 'accept-failed': {
      const { error, count } = notice
      log.error(
        { error, count },
        `cannot accept clients: ${error}; raise the limit of open files if it is EMFILE`,
      )
      return
    }
  }
}
