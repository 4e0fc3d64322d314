// What the routes of requests do in a conformance scenario of transactions, for both servers: the request says it itself, in its
// headers, so one set of routes plays them all. transaction-kamailio.ts and transaction-evapid.ts are the two interpreters;
// this is the language.
//
//   X-Steps    what request_route does     X-Resume, X-Resume2   what route[RESUME] and route[RESUME2] do
//   X-Failure  what failure_route[FAIL] does
//
// Steps are separated by `|`, the words of one step by `~`; the reason phrases of replies hold neither.
//
//   newtran   suspend   release   check   lookup   isset             t_newtran() ... t_check_trans() t_lookup_request() t_is_set("failure_route")
//   reply~CODE~REASON   sl~CODE~REASON   send~CODE~REASON            t_reply, sl_send_reply, send_reply
//   async~WORD   asyncempty   asyncuni~TAG                           evapi_async_relay of `event INDEX LABEL WORD`, of nothing, to a tag
//   onfailure   setfr~INV~FR   append~LINE                           t_on_failure("FAIL"), t_set_fr, append_to_reply
//   set~VALUE   get                                                  $avp(v) and $xavp(x=>v); what they hold goes into the trace
//   code   id                                                        $T_reply_code; whether $T(id_index) and $T(id_label) are numbers
//   bare      first of all steps: the route begins with no look for retransmissions, CANCEL and ACK. evapid deals with those
//             before its routes; Kamailio's script does, where it looks for the transaction.
//   fence     the only step: 200, outside the trace
//
// A message of the application's is `VERB~INDEX~LABEL~ROUTE`: `continue` calls t_continue with numbers, `text` with texts that are
// what the words are. What it returned comes back as `result NUMBER`.

/** What one run of a route did: `request INVITE: newtran true, reply true`. */
export interface RouteRun {
  readonly title: string
  readonly steps: string[]
}

/** What the routes did, in the order in which their runs began. */
export class RunTrace {
  readonly #runs: RouteRun[] = []
  /** The run that the steps of a process belong to. */
  readonly #current = new Map<string, RouteRun>()

  begin(process: string, title: string): void {
    const run = { title, steps: [] }
    this.#runs.push(run)
    this.#current.set(process, run)
  }

  end(process: string): void {
    this.#current.delete(process)
  }

  /** Runs that have begun and not ended. */
  get underWay(): number {
    return this.#current.size
  }

  /** `result` is what a function returned, or what was looked up. What a script sees of a number is its sign. */
  step(process: string, verb: string, result: number | string): void {
    const shown = typeof result === 'number' ? String(result > 0) : result
    this.#current.get(process)?.steps.push(`${verb} ${shown}`)
  }

  lines(): string[] {
    return this.#runs.map(({ title, steps }) => `${title}: ${steps.join(', ') || 'nothing'}`)
  }
}
