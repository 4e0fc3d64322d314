// `evapid rpc`: calls a method of a running bus, from the command line. Where the bus is and how it is reached is calls/connection.ts's.

import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { UsageError } from '../core/errors.ts'
import { readArgument } from './calls/arguments.ts'
import {
  CallError,
  CONNECTION_HELP,
  CONNECTION_OPTIONS,
  Connection,
  ConnectionError,
} from './calls/connection.ts'
import { type Method, readMethods } from './calls/methods.ts'

/** What `evapid rpc --help` prints. */
export const help = `Usage: evapid rpc [METHOD [ARGUMENT]...] [--raw]
                  [--socket PATH | --url URL [--token-env NAME | --token-file FILE]]

Calls a method of a running bus and prints its result: JSON, on several lines if
that is a terminal. Without METHOD it prints which methods there are.

An ARGUMENT that is a JSON number, true, false, null, an object or an array is
that; everything else is a text, and s:TEXT always is: s:5 is "5". In
evapid rpc evapi.relay '{"event":"hello"}' the message is what the object is
written as. An ARGUMENT that begins with a dash goes behind a --.

  --raw                a result that is a text is printed as it is, one that is
                       an array of texts a text a line
${CONNECTION_HELP}
  --help               print this

Exit codes: 0; 1 the bus refused the call, and standard error says why; 2 wrong
usage; 3 the bus cannot be reached.
`

/** What the tool writes to: process, or streams of a test. */
export interface RpcStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable
}

/**
 * Runs `evapid rpc`.
 * @param argv the arguments behind `rpc`
 * @returns the exit code, see {@link help}
 */
export async function rpc(argv: readonly string[], io: RpcStreams): Promise<number> {
  try {
    const { values, positionals } = parse(argv)
    if (values.help) {
      io.stdout.write(help)
      return 0
    }
    const connection = Connection.of(values, process.env, process.getuid?.() ?? 0)
    const [method, ...args] = positionals
    if (method === undefined) {
      const methods = readMethods(await connection.call('system.methods'))
      await print(io.stdout, methods.map(described).join(''))
      return 0
    }
    const result = await connection.call(method, args.map(readArgument))
    await print(io.stdout, `${shown(result, values.raw, io.stdout.isTTY === true)}\n`)
    return 0
  } catch (error) {
    io.stderr.write(complaint('evapid rpc', error))
    return exitCodeOf(error)
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...CONNECTION_OPTIONS,
        raw: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function shown(result: unknown, raw: boolean, pretty: boolean): string {
  if (raw && typeof result === 'string') return result
  if (raw && Array.isArray(result) && result.every((each) => typeof each === 'string'))
    return result.join('\n')
  return JSON.stringify(result, null, pretty ? 2 : undefined)
}

function described({ name, parameters, doc }: Method): string {
  return `${[name, ...parameters].join(' ')}\n    ${doc}\n`
}

/** A pipe may be slower than the process ends. */
function print(stdout: Writable, text: string): Promise<void> {
  return new Promise((resolve) => {
    stdout.write(text, () => resolve())
  })
}

/** What has gone wrong, for a person. @param command whose words these are */
export function complaint(command: string, error: unknown): string {
  if (error instanceof UsageError) return `${command}: ${error.message}\nTry '${command} --help'.\n`
  if (error instanceof CallError) return `${command}: ${error.message} (${error.code})\n`
  if (error instanceof ConnectionError) return `${command}: ${error.message}\n`
  return `${command}: ${error instanceof Error ? error.stack : String(error)}\n`
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2
  return error instanceof ConnectionError ? 3 : 1
}
