/**
 * `evapid send`: sends messages to the bus, from the command line or from stdin. A tool to poke with; it is built on
 * evapid/client and knows nothing of the daemon.
 */
import type { Readable, Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import {
  type Client,
  ClientError,
  type ClientOptions,
  connect,
  DEFAULT_ADDRESS,
  parseAddress,
} from '../client/index.ts'

/** What `evapid send --help` prints. */
export const help = `Usage: evapid send [MESSAGE | -] [--connect ADDR] [--raw]

Sends MESSAGE to the bus. With - or nothing, sends stdin, one message a line:
the line break is not part of the message, an empty line is an empty message, a
last line without a line break counts.

  --connect ADDR   HOST:PORT, HOST, [IPV6]:PORT or unix:/path
                   (default 127.0.0.1:8448)
  --raw            send without netstrings (netstring_format=0); an empty
                   message then leaves no trace
  --help           print this

A MESSAGE that starts with a dash: evapid send -- -1. The exit code is 0 when
everything was sent and the bus has closed the connection after it (or did not
within 5 s), 1 when the bus cannot be reached or the connection is lost and for
wrong usage, 130 or 143 when Ctrl-C or SIGTERM ended it early.
`

/** What the tool reads and writes: process, or streams of a test. */
export interface SendStreams {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
}

interface Command {
  /** Undefined: stdin. */
  readonly message: string | undefined
  readonly options: ClientOptions
}

/** The bus decides what is too large; this only keeps a file without line breaks from filling the memory. */
const MAX_MESSAGE_SIZE = 64 * 1024 * 1024

const LF = 0x0a

/** The line cannot be a message. */
class LongLineError extends Error {}

/**
 * Runs `evapid send`. When it returns, nothing of it is left to run: stdin is closed if it was used.
 *
 * @param argv the arguments behind `send`.
 * @returns the exit code, see {@link help}.
 */
export async function send(argv: readonly string[], io: SendStreams): Promise<number> {
  let command: Command | undefined
  try {
    command = parse(argv)
  } catch (error) {
    io.stderr.write(`evapid send: ${(error as Error).message}\nTry 'evapid send --help'.\n`)
    return 1
  }
  if (command !== undefined) return await run(command, io)
  io.stdout.write(help)
  return 0
}

/** @returns undefined when only help was asked for. */
function parse(argv: readonly string[]): Command | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      connect: { type: 'string' },
      raw: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  if (positionals.length > 1) {
    throw new Error('more than one MESSAGE: put quotes around one that contains spaces')
  }
  const message = positionals[0] === '-' ? undefined : positionals[0]
  return {
    message,
    options: {
      address: parseAddress(values.connect ?? DEFAULT_ADDRESS),
      netstring: !values.raw,
      maxMessageSize: MAX_MESSAGE_SIZE,
      // The bus relays to its sender too; nobody here wants to read it.
      receive: false,
      reconnect: false,
    },
  }
}

async function run({ message, options }: Command, io: SendStreams): Promise<number> {
  const interrupt = new AbortController()
  let exitCode = 0
  // Only the first signal is ours: a second Ctrl-C ends the process the hard way, should we hang.
  const onInterrupt = (signal: NodeJS.Signals) => {
    exitCode = signal === 'SIGINT' ? 130 : 143
    interrupt.abort()
  }
  process.once('SIGINT', onInterrupt)
  process.once('SIGTERM', onInterrupt)

  const client = connect({ ...options, signal: interrupt.signal })
  let failure: ClientError | undefined
  client.on('error', (error) => {
    failure = error
  })
  // Whatever ends the client ends the wait for the next line too.
  if (message === undefined) client.once('close', () => io.stdin.destroy())

  try {
    await client.ready()
    if (message === undefined) await sendLines(client, io.stdin)
    else await client.send(message)
    await client.flush()
    await client.close()
  } catch (error) {
    if (!interrupt.signal.aborted) {
      io.stderr.write(`evapid send: ${explain(failure ?? error, client)}\n`)
      exitCode = 1
    }
  } finally {
    client.destroy()
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onInterrupt)
  }
  return exitCode
}

async function sendLines(client: Client, input: Readable): Promise<void> {
  for await (const line of lines(input)) {
    if (!client.trySend(line)) await client.send(line)
  }
}

/** The lines of a stream as bytes, without their LF. Each byte is copied at most once, however the stream is cut. */
async function* lines(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let held = 0
  for await (const chunk of input) {
    let start = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const piece = chunk.subarray(start, end)
      yield pieces.length === 0 ? piece : Buffer.concat([...pieces, piece])
      pieces = []
      held = 0
      start = end + 1
    }
    if (start === chunk.length) continue
    pieces.push(chunk.subarray(start))
    held += chunk.length - start
    if (held > MAX_MESSAGE_SIZE) throw new LongLineError(`a line is longer than ${MAX_MESSAGE_SIZE} bytes`)
  }
  if (pieces.length > 0) yield Buffer.concat(pieces)
}

function explain(error: unknown, client: Client): string {
  if (error instanceof LongLineError) return error.message
  if (error instanceof ClientError && error.code !== 'ERR_CLOSED') return error.message
  // What else can fail is stdin; it is also destroyed under the loop that reads it when the client has ended.
  if (client.state === 'closed') return `connection to ${client.address} closed by the peer`
  return `cannot read stdin: ${(error as Error).message}`
}
