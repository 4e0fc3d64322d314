// Who can be asked to load the configuration anew: the daemon, which knows where it comes from. An embedding program calls server.reload().

import { StateKey } from './runtime.ts'

/** Loads the configuration that there is anew. @returns what has changed and needs a restart, as modparam names it; rejects with what was wrong */
export type ReloadSource = () => Promise<{ readonly needRestart: readonly string[] }>

/** A server's; undefined where nobody can be asked. */
export const RELOAD_SOURCE = new StateKey((): { ask: ReloadSource | undefined } => ({ ask: undefined }))
