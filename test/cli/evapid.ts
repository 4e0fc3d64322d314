// The evapid command as a child process, for tests: started as it is installed, read from and awaited, never left behind.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The command as it is installed: `npm run test:node` builds it first. */
export const EVAPID = [
  process.execPath,
  fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url)),
] as const
const TSX = import.meta.resolve('tsx')

/** Milliseconds after which a program is killed: less than a test may take, so that none outlives a test that hangs. */
const LIFETIME = 30_000

/** How the process ended. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One line of log, parsed. */
export type Line = Readonly<Record<string, unknown>> & { readonly msg: string }

/** The command line that runs a TypeScript file as the tests run everything. */
export function typescriptCommand(file: string): [command: string, ...args: string[]] {
  return [process.execPath, '--import', TSX, file]
}

/** A child process whose output is kept. Disposing of it kills it, if it still runs, and waits for its end. */
export class Program implements AsyncDisposable {
  readonly child: ChildProcess
  readonly ended: Promise<End>
  stdout = ''
  stderr = ''
  private readonly changed = new EventEmitter()
  private hasEnded = false

  constructor([command, ...args]: readonly [string, ...string[]], options: SpawnOptions = {}) {
    const bounds: SpawnOptions = { stdio: ['pipe', 'pipe', 'pipe'], timeout: LIFETIME, killSignal: 'SIGKILL' }
    this.child = spawn(command, args, { ...bounds, ...options })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.read('stdout', text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.read('stderr', text))
    // 'close' comes after the last output.
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.hasEnded = true
      this.changed.emit('change')
      return { code, signal }
    })
  }

  /** Waits until the output matches. @returns the match; rejects when the program ends without it */
  async prints(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[stream])
      if (match) return match
      if (this.hasEnded) {
        throw new Error(
          `ended without ${pattern} on ${stream}\n--- stdout\n${this.stdout}\n--- stderr\n${this.stderr}`,
        )
      }
      await once(this.changed, 'change')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) this.child.kill('SIGKILL')
    await this.ended
  }

  private read(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text
    this.changed.emit('change')
  }
}

/** Where nothing else is said: the places where the command takes HTTP and calls are one for all tests. */
export const NO_HTTP = ['--http', 'off'] as const
export const NO_CALLS = ['--rpc-socket', 'off'] as const

/** The evapid command. The bus, and no tool of it, takes no HTTP and no calls unless it is told where. */
export class Evapid extends Program {
  constructor(args: readonly string[], options: SpawnOptions = {}) {
    const isBus = args[0] === undefined || args[0].startsWith('-')
    const without = [
      ...(args.includes('--http') ? [] : NO_HTTP),
      ...(args.includes('--rpc-socket') ? [] : NO_CALLS),
    ]
    super([...EVAPID, ...(isBus ? without : []), ...args], options)
  }

  /** Waits until it listens. @returns the address, as connect() takes it */
  async listening(): Promise<string> {
    const [, address = ''] = await this.prints(/listening on ([^"\s,]+)/, 'stderr')
    return address
  }

  /** The first line of log whose message matches, now or later. */
  async logged(message: RegExp): Promise<Line> {
    const [text] = await this.prints(new RegExp(`^\\{.*"msg":"[^"]*${message.source}.*\\}$`, 'm'), 'stderr')
    return JSON.parse(text) as Line
  }
}

/** Runs the command to its end. */
export async function evapid(args: readonly string[], options: SpawnOptions = {}) {
  await using program = new Evapid(args, options)
  program.child.stdin?.end()
  const { code } = await program.ended
  return { code, stdout: program.stdout, stderr: program.stderr }
}
