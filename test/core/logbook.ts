// A log that keeps its lines, so that a test can read and await them. A real pino log, written to memory.

import { EventEmitter, once } from 'node:events'
import pino from 'pino'
import type { Log } from '../../src/core/log.ts'

/** One line of log, parsed. */
export type Line = Readonly<Record<string, unknown>> & { readonly level: number; readonly msg: string }

export class Logbook {
  readonly lines: Line[] = []
  readonly log: Log
  private readonly written = new EventEmitter()

  constructor() {
    const write = (text: string) => {
      this.lines.push(JSON.parse(text) as Line)
      this.written.emit('line')
    }
    this.log = pino({ level: 'trace', base: null }, { write })
  }

  /** The first line whose message matches, now or later. */
  async line(message: RegExp): Promise<Line> {
    for (;;) {
      const found = this.lines.find((line) => message.test(line.msg))
      if (found) return found
      await once(this.written, 'line')
    }
  }
}
