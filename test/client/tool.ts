/**
 * Runs `evapid listen` and `evapid send` for the tests: as a process of its own when it is started as a program
 * (signals and pipes are real then), or within the test, over streams.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, Readable, type Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { listen } from '../../src/cli/listen.ts'
import { send } from '../../src/cli/send.ts'

const TOOLS = { listen, send }
type ToolName = keyof typeof TOOLS

export interface Outcome {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** A tool as a process. */
export class ToolProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #stderr: Buffer[] = []

  constructor(t: TestContext, name: ToolName, ...argv: string[]) {
    const self = fileURLToPath(import.meta.url)
    this.child = spawn(process.execPath, ['--import', 'tsx', self, name, ...argv], { stdio: 'pipe' })
    this.child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk))
    // A tool that has ended before it read all of its stdin is a matter of its exit code.
    this.child.stdin.on('error', () => {})
    t.after(() => this.child.kill('SIGKILL'))
  }

  /** Waits until stderr contains `text`. */
  async complaint(text: string): Promise<void> {
    while (!this.stderr.includes(text)) await once(this.child.stderr, 'data')
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString()
  }

  /** Reads stdout to its end and waits for the process. */
  async outcome(): Promise<Outcome> {
    const exited = once(this.child, 'close')
    const stdout: Buffer[] = []
    if (!this.child.stdout.destroyed) this.child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    const [code] = await exited
    return { code, stdout: Buffer.concat(stdout), stderr: this.stderr }
  }
}

/** A tool within this process. */
export async function runTool(
  name: ToolName,
  argv: readonly string[],
  { stdin = Readable.from([]), isTTY = false }: { stdin?: Readable; isTTY?: boolean } = {},
): Promise<Outcome> {
  const stdout = Object.assign(new PassThrough(), { isTTY })
  const stderr = new PassThrough()
  const code = await TOOLS[name](argv, { stdin, stdout, stderr })
  return { code, stdout: stdout.read() ?? Buffer.alloc(0), stderr: (stderr.read() ?? '').toString() }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , name, ...argv] = process.argv
  process.exit(await TOOLS[name as ToolName](argv, process))
}
