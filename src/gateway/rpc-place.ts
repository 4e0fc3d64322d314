// Where the Unix socket for calls is, unless somebody says otherwise. One answer for whoever opens it and for whoever looks for it.

import { join } from 'node:path'

const NAME = 'evapid.rpc'

/** A place, and whether only files of the own user are to be trusted there. */
export interface RpcPlace {
  readonly path: string
  /** Everybody may make files in that directory. */
  readonly shared: boolean
}

/**
 * Where a daemon opens it: in the directory that systemd has made for the service, in that of the user's session, or in /tmp.
 * @param env `RUNTIME_DIRECTORY` (systemd.exec(5)) and `XDG_RUNTIME_DIR` are looked at
 */
export function defaultRpcPlace(env: NodeJS.ProcessEnv, uid: number): RpcPlace {
  // More than one are separated by colons; the first is the service's own.
  const service = env['RUNTIME_DIRECTORY']?.split(':', 1)[0]
  const directory = service || env['XDG_RUNTIME_DIR']
  if (directory) return { path: join(directory, NAME), shared: false }
  return { path: `/tmp/evapid-${uid}.rpc`, shared: true }
}

/** Where to look for a daemon's, in this order: it may run in another environment than who looks for it. */
export function rpcPlaces(env: NodeJS.ProcessEnv, uid: number): readonly RpcPlace[] {
  const places = [
    defaultRpcPlace(env, uid),
    defaultRpcPlace({ XDG_RUNTIME_DIR: env['XDG_RUNTIME_DIR'] || `/run/user/${uid}` }, uid),
    defaultRpcPlace({}, uid),
    { path: join('/run/evapid', NAME), shared: false },
  ]
  return places.filter(({ path }, position) => places.findIndex((other) => other.path === path) === position)
}
