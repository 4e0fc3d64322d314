// What the routes do in a conformance scenario, for both servers: the clients of a scenario say over the wire what a
// route does next, so one set of routes plays them all. kamailio-routes.ts and evapid-routes.ts are the two
// interpreters; this is the language.
//
// A message `!STEPS` runs its steps; `@new STEPS` and `@closed STEPS` say what connection-new and connection-closed do
// from now on; every other message is relayed, as it is, to every client. Steps are separated by `|`, the words of one
// step by `~`. Words hold no `$`, or a template would look into them.
//
//   relay~DATA   multicast~DATA~TAG   unicast~DATA~TAG   tag~TAG   close
//   echo~WORD    relays WORD and the four $evapi(...) of the event at hand
//   mark         does nothing: its line in the trace shows that the route went on
//
// Each step's line in the trace carries what its function returned; `mark` has no result.

/** Joins steps into the message that runs them: `run('tag~x', 'close')` is `!tag~x|close`. */
export function run(...steps: string[]): string {
  return `!${steps.join('|')}`
}

/** The template of the step `echo`, behind its word. */
export const ECHO = '$evapi(conidx) $evapi(srcaddr) $evapi(srcport) [$evapi(msg)]'
