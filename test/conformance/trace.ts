// The trace: what the routes of a server under test saw, in order, as lines that compare. A line names the client by
// the scenario's name for it, which the trace knows by the address and port the route saw: a wrong `$evapi(srcport)` shows.
// It does not know which server it is fed from.
import { createHash } from 'node:crypto'
import { PATIENCE } from '../support/wire-client.ts'
import { HOST } from './server-under-test.ts'

/** What a route saw. `null` is the pseudo-variable `$null`. */
export interface TraceEvent {
  readonly kind: 'new' | 'message' | 'closed'
  readonly index: number | null
  readonly address: string | null
  readonly port: number | null
  readonly message: string | null
}

/** What a route did: a step, and what its function returned, if it called one. */
export interface TraceStep {
  readonly kind: 'step'
  readonly verb: string
  readonly result: number | null
}

export type TraceEntry = TraceEvent | TraceStep

/** Text (latin1) as a trace and an outcome show it: as it is, or, if long, its start, its length and its digest. */
export function brief(text: string): string {
  if (text.length <= 300) return text
  const digest = createHash('sha1').update(text, 'latin1').digest('hex')
  return `${text.slice(0, 12)}... (${text.length} bytes, sha1 ${digest})`
}

/** The entries of one scenario against one server. */
export class Trace {
  readonly #entries: TraceEntry[] = []
  /** By `ADDRESS:PORT`. */
  readonly #names = new Map<string, string>()
  #waiting: (() => void)[] = []

  readonly #hidden: string

  /** `hidden` is the client whose events are not shown: the one that only conducts. */
  constructor(hidden: string) {
    this.#hidden = hidden
  }

  /** From now on the client at `address`:`port` is shown as `name`. */
  name(address: string, port: number, name: string): void {
    this.#names.set(`${address}:${port}`, name)
    this.#wake()
  }

  add(entry: TraceEntry): void {
    this.#entries.push(entry)
    this.#wake()
  }

  /** The lines so far. A client that is `hidden` is left out, with all the steps its event ran. */
  lines(): string[] {
    const lines: string[] = []
    let hiding = false
    for (const entry of this.#entries) {
      if (entry.kind === 'step') {
        // What a script sees of a number is its sign; -1 or -2 is Kamailio's own affair.
        const result = entry.result === null ? '' : ` ${entry.result > 0}`
        if (!hiding) lines.push(`  ${entry.verb}${result}`)
        continue
      }
      hiding = this.#nameOf(entry) === this.#hidden
      if (hiding) continue
      // The address every client of the scenario has is not worth a word in each line; any other one is.
      const address = entry.address === HOST ? '' : ` from ${entry.address}`
      const message = entry.message === null ? '' : ` ${brief(entry.message)}`
      lines.push(`${entry.kind} ${this.#nameOf(entry)}#${entry.index}${address}${message}`)
    }
    return lines
  }

  /** Resolves once connection-new or connection-closed has begun for the client, shown or hidden. */
  async untilEvent(kind: 'new' | 'closed', name: string): Promise<void> {
    await this.#until(`${kind} ${name}`, () =>
      this.#entries.some((entry) => entry.kind === kind && this.#nameOf(entry) === name),
    )
  }

  /** Resolves once message-received has begun for a message, shown or hidden. */
  async untilMessage(message: string): Promise<void> {
    await this.#until(message, () =>
      this.#entries.some((entry) => entry.kind === 'message' && entry.message === message),
    )
  }

  /** Resolves once `count` lines start with `start`. */
  async untilLine(start: string, count = 1): Promise<void> {
    await this.#until(
      `${count} × "${start}"`,
      () => this.lines().filter((line) => line.startsWith(start)).length >= count,
    )
  }

  async #until(what: string, done: () => boolean): Promise<void> {
    let expired = false
    const timer = setTimeout(() => {
      expired = true
      this.#wake()
    }, PATIENCE)
    try {
      while (!done()) {
        if (expired)
          throw new Error(`waited ${PATIENCE} ms for ${what}; the trace is\n${this.lines().join('\n')}`)
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #nameOf({ address, port }: TraceEvent): string {
    return port === null ? '<null>' : (this.#names.get(`${address}:${port}`) ?? `?${address}:${port}`)
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
