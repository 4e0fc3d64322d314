// What is under way and for how long, on a line of the terminal that is written again and again; nothing where there is
// no terminal.

import type { Writable } from 'node:stream'

export type Terminal = Writable & { readonly isTTY?: boolean }

/** Clears the line and goes to its beginning. */
const CLEAR = '\r\x1b[K'

export class Progress implements Disposable {
  private readonly terminal: Terminal
  private timer: NodeJS.Timeout | undefined

  constructor(terminal: Terminal) {
    this.terminal = terminal
  }

  /** Shows `what`, and counts the seconds of which there are to be so many. */
  begin(what: string, seconds?: number): void {
    this.end()
    if (!this.terminal.isTTY) return
    const started = performance.now()
    const show = () => {
      // It takes longer than it is to when connecting takes time.
      const elapsed = Math.round((performance.now() - started) / 1000)
      const shown =
        seconds === undefined ? '' : ` ${Math.min(elapsed, Math.ceil(seconds))} of ${Math.ceil(seconds)} s`
      this.terminal.write(`${CLEAR}${what}${shown}`)
    }
    show()
    this.timer = setInterval(show, 1000)
  }

  end(): void {
    if (this.timer === undefined) return
    clearInterval(this.timer)
    this.timer = undefined
    this.terminal.write(CLEAR)
  }

  [Symbol.dispose](): void {
    this.end()
  }
}
