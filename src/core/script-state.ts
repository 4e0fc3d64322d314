// What a script knows of its own running: the code that the last call returned ($rc) and where it is ($cfg). One per server: scripts
// run on one thread, and none is suspended in the middle of itself.

export class ScriptState {
  /** What the last function or route returned. */
  returnCode = 0
  /** The file and line of the statement that runs; `''` and 0 outside of scripts. */
  file = ''
  line = 0
  /** The block that runs, as it was written: `request_route`, `route[X]`, `event_route[evapi:message-received]`; `''` outside. */
  block = ''
  /** What the last statement of a block came to: what the block returns when it ends there. For scripts. */
  value = 1
  /** How many blocks have called one another. For scripts. */
  depth = 0
  /** Whether the log takes level debug, so that it is worth saying which blocks run. */
  traced = false
}
