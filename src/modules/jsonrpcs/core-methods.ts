// The methods core.* and system.*: what runs here, and which methods there are. Results have the shape of Kamailio's.

import { bytesOfText } from '../../core/bytestring.ts'
import { EvapidError, RpcError } from '../../core/errors.ts'
import { JsonObject } from '../../core/json/value.ts'
import { textOfFailure } from '../../core/log.ts'
import { RELOAD_SOURCE } from '../../core/reload.ts'
import { defineAsyncRpc, defineRpc, type RpcMethod, type RpcParameter } from '../../core/rpc.ts'
import type { Runtime } from '../../core/runtime.ts'
import { packageVersion } from '../../core/version.ts'

const STRINGS = { name: 'values', type: 'strings' } as const
const name = () => `evapid ${packageVersion()} (${process.arch}/${process.platform})`
const DESCRIPTION = 'evapid: sockets and routes on one thread'

/** `Wed Nov 25 10:26:32 2026`, in local time, as C's ctime() writes it. */
function timeText(date: Date): string {
  const [day = '', month = '', dayOfMonth = '', year = '', time = ''] = date.toString().split(' ')
  return `${day} ${month} ${dayOfMonth.replace(/^0/, ' ')} ${time} ${year}`
}

function uptime({ begun }: Runtime): number {
  return Math.floor((Date.now() - begun.getTime()) / 1000)
}

/** `index`, `[generation]`, `[statistics...]`. */
function written({ name, type, optional }: RpcParameter): string {
  if (type === 'strings') return `[${name}...]`
  return optional ? `[${name}]` : name
}

export const coreMethods: Readonly<Record<string, RpcMethod>> = {
  'core.version': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'What runs here, in a line.',
    call: () => name(),
  }),
  'core.info': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'What runs here, in parts.',
    call: () =>
      JsonObject.of({
        version: `evapid ${packageVersion()}`,
        id: '',
        compiler: `node ${process.versions.node}`,
        compiled: '',
        flags: '',
      }),
  }),
  'core.uptime': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'Since when it has been running, and for how many seconds.',
    call: (runtime) =>
      JsonObject.of({
        now: timeText(new Date()),
        up_since: timeText(runtime.begun),
        uptime: uptime(runtime),
      }),
  }),
  'core.runinfo': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'What runs here and since when.',
    call(runtime) {
      const seconds = uptime(runtime)
      const part = (length: number, modulus: number) => Math.floor(seconds / length) % modulus
      const days = Math.floor(seconds / 86_400)
      return JsonObject.of({
        name: 'evapid',
        version: packageVersion(),
        sourceid: '',
        compiler: `node ${process.versions.node}`,
        compiled: '',
        time_now: timeText(new Date()),
        time_started: timeText(runtime.begun),
        uptime_secs: seconds,
        utime_days: `${days}d ${part(3600, 24)}h ${part(60, 60)}m ${part(1, 60)}s`,
      })
    },
  }),
  'core.echo': defineRpc({
    scope: 'read',
    parameters: [STRINGS],
    doc: 'Its parameters.',
    call: (_runtime, values) => [...values],
  }),
  'core.prints': defineRpc({
    scope: 'read',
    parameters: [STRINGS],
    doc: 'Its parameters.',
    call: (_runtime, values) => [...values],
  }),
  'core.ps': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'The processes, as pairs in one list: the pid, what it does.',
    call: () => [process.pid, DESCRIPTION],
  }),
  'core.psx': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'The processes.',
    call: () => [JsonObject.of({ IDX: 0, PID: process.pid, DSC: DESCRIPTION })],
  }),
  'core.pwd': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'The working directory.',
    call: () => [bytesOfText(process.cwd())],
  }),
  'core.arg': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'The command line.',
    call: () => process.argv.map(bytesOfText),
  }),
  'core.modules': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'The modules that are there.',
    call: (runtime) => [...runtime.modules.modules.keys()],
  }),
  'cfg.reload': defineAsyncRpc({
    parameters: [],
    doc: 'Loads the configuration anew, as SIGHUP does, and says what needs a restart to change.',
    async call(runtime) {
      const { ask } = runtime.state(RELOAD_SOURCE)
      if (!ask)
        throw new RpcError(
          500,
          'There is nothing to reload: the program that this is part of has its configuration',
        )
      try {
        const { needRestart } = await ask()
        return JsonObject.of({ reloaded: 'yes', need_restart: needRestart.map(bytesOfText) })
      } catch (error) {
        const lines = error instanceof EvapidError ? error.lines : [textOfFailure(error)]
        throw new RpcError(500, bytesOfText(`Not reloaded: ${lines.join('; ')}`))
      }
    },
  }),
  'system.listMethods': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'The names of all methods.',
    call: (runtime) => [...runtime.modules.rpc.keys()].sort(),
  }),
  'system.methods': defineRpc({
    scope: 'read',
    parameters: [],
    doc: 'All methods: name, parameters, what their callers must be allowed to do, and what they do.',
    call: (runtime) =>
      Array.from(runtime.modules.rpc)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, { parameters, scope, doc }]) =>
          JsonObject.of({ name, parameters: parameters.map(written), scope, doc: bytesOfText(doc) }),
        ),
  }),
  'system.methodHelp': defineRpc({
    scope: 'read',
    parameters: [{ name: 'method', type: 'string' }],
    doc: 'What a method does.',
    missing: { status: 400, reason: 'Method name expected' },
    call(runtime, name) {
      const method = runtime.modules.rpc.get(name)
      if (!method) throw new RpcError(400, 'command not found')
      return bytesOfText(method.doc)
    },
  }),
}
