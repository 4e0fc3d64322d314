#!/usr/bin/env node
// The evapid command: which command is meant, and how its end becomes an exit code. What a person asked to be printed
// goes to stdout; log and complaints go to stderr.

import { readFileSync } from 'node:fs'
import { EvapidError, ScriptFileError, UsageError } from '../core/errors.ts'
import { HELP, parseDaemonOptions } from './options.ts'
import { describe, paint } from './script-report.ts'

/** Runs the command. @returns its exit code */
async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv
  // Loaded when asked for: the daemon starts without the tools, and they without it.
  if (first === 'bench') return (await import('./bench.ts')).bench(rest, process)
  if (first === 'listen') return (await import('./listen.ts')).listen(rest, process)
  if (first === 'rpc') return (await import('./rpc.ts')).rpc(rest, process)
  if (first === 'top') return (await import('./top.ts')).top(rest, process)
  if (first === 'send') return (await import('./send.ts')).send(rest, process)
  try {
    return await bus(argv)
  } catch (error) {
    process.stderr.write(complaint(error))
    return 1
  }
}

async function bus(argv: readonly string[]): Promise<number> {
  const options = parseDaemonOptions(argv)
  if (options.help) return print(HELP)
  if (options.version) return print(`evapid ${version()}\n`)
  const { readConfiguration } = await import('./configuration.ts')
  const first = await readConfiguration(options)
  if (options.check) {
    for (const warning of first.warnings) process.stderr.write(`${paint(warning, isTerminal())}\n`)
    return print(`ok\n${first.summary ? describe(first.summary) : ''}`)
  }
  const { runDaemon } = await import('./daemon.ts')
  return runDaemon({ first, readAgain: () => readConfiguration(options), pidFile: options.pidFile })
}

function isTerminal(): boolean {
  return process.stderr.isTTY === true && !process.env['NO_COLOR']
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

/** What is wrong, for a person: a line for each mistake. A stack only for what evapid did not expect. */
function complaint(error: unknown): string {
  if (error instanceof UsageError) return `evapid: ${error.message}\nTry 'evapid --help'.\n`
  // As compilers write: file, line and column first, so that editors find them.
  if (error instanceof ScriptFileError)
    return error.mistakes.map((each) => `${paint(each, isTerminal())}\n`).join('')
  if (error instanceof EvapidError) return error.lines.map((line) => `evapid: ${line}\n`).join('')
  return `evapid: ${error instanceof Error ? error.stack : String(error)}\n`
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return String(Reflect.get(Object(manifest), 'version'))
}

// Not exitCode alone: a timer that a route file armed must not keep a closed bus alive.
process.exit(await main(process.argv.slice(2)))
