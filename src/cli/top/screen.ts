// The terminal while top has it: the other screen, without a cursor, and the keys. Whatever ends the process, the terminal is as it was.

import type { ReadStream, WriteStream } from 'node:tty'

/** What a key asks for; also that the terminal has another size. */
export type Key = 'next' | 'previous' | 'reverse' | 'up' | 'down' | 'page-up' | 'page-down' | 'resize'

const KEYS: Readonly<Record<string, Key>> = {
  s: 'next',
  '\x1b[C': 'next',
  '\x1bOC': 'next',
  S: 'previous',
  '\x1b[D': 'previous',
  '\x1bOD': 'previous',
  r: 'reverse',
  '\x1b[A': 'up',
  '\x1bOA': 'up',
  k: 'up',
  '\x1b[B': 'down',
  '\x1bOB': 'down',
  j: 'down',
  '\x1b[5~': 'page-up',
  '\x1b[6~': 'page-down',
  ' ': 'page-down',
}

const QUIT: ReadonlySet<string> = new Set(['q', 'Q', '\x03', '\x04'])

const ESCAPE = '\x1b'

/** What the terminal sends: a key that is several bytes, or one. */
const SEQUENCE = new RegExp(`${ESCAPE}[[O][0-9;]*[A-Za-z~]|[^]`, 'g')

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const CLEAR_REST_OF_LINE = '\x1b[K'
const CLEAR_REST = '\x1b[J'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export class Screen implements Disposable {
  private readonly stdin: ReadStream
  private readonly stdout: WriteStream
  private readonly ended: AbortController
  private listener: (key: Key) => void = () => {}
  private taken = false

  /** @param ended is aborted when somebody wants it to end: by a key, by a signal, or as nobody reads it any more */
  constructor(stdin: ReadStream, stdout: WriteStream, ended: AbortController) {
    this.stdin = stdin
    this.stdout = stdout
    this.ended = ended
    for (const signal of SIGNALS) process.on(signal, this.end)
    process.on('exit', this.leave)
    stdout.on('resize', this.resized)
    stdout.on('error', this.end)
    if (stdin.isTTY) {
      stdin.setRawMode(true)
      stdin.on('data', this.pressed)
      stdin.on('end', this.end)
      stdin.resume()
    }
    stdout.write(ENTER)
    this.taken = true
  }

  get columns(): number {
    return this.stdout.columns || 80
  }

  get rows(): number {
    return this.stdout.rows || 24
  }

  /** Who is told of keys. */
  on(listener: (key: Key) => void): void {
    this.listener = listener
  }

  /** Shows these lines in place of those before. */
  show(lines: readonly string[]): void {
    // Cleared before it is written: behind a line that is as wide as the screen the cursor still stands on its last column.
    const text = lines.map((line) => `${CLEAR_REST_OF_LINE}${line}`).join('\n')
    this.stdout.write(`${HOME}${text}${lines.length < this.rows ? `\n${CLEAR_REST}` : ''}`)
  }

  [Symbol.dispose](): void {
    this.leave()
    for (const signal of SIGNALS) process.off(signal, this.end)
    process.off('exit', this.leave)
    this.stdout.off('resize', this.resized)
    this.stdout.off('error', this.end)
    this.stdin.off('data', this.pressed)
    this.stdin.off('end', this.end)
    if (this.stdin.isTTY) this.stdin.pause()
  }

  private readonly end = (): void => this.ended.abort()

  private readonly resized = (): void => this.listener('resize')

  private readonly pressed = (data: Buffer): void => {
    for (const [sequence] of data.toString('latin1').matchAll(SEQUENCE)) {
      if (QUIT.has(sequence)) this.end()
      const key = KEYS[sequence]
      if (key) this.listener(key)
    }
  }

  private readonly leave = (): void => {
    if (!this.taken) return
    this.taken = false
    if (this.stdin.isTTY) this.stdin.setRawMode(false)
    this.stdout.write(LEAVE)
  }
}
