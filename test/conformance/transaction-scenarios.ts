// The conformance scenarios of transactions: what a phone and an application do, and what each of them and the routes must then have
// seen. Most have one outcome, which both Kamailio 5.6.3 and evapid must come to. Where evapid differs on purpose, the scenario has
// two outcomes and says why, and both are asserted.
//
// `sipp` is a scenario of test/sipp and `words` what its words in braces stand for; steps are transaction-steps.ts's, answers are
// application.ts's. A reply is shown as sip-outcome.ts says, a run of a route as transaction-steps.ts does.
import type { Answers } from './application.ts'
import type { TransactionSettings } from './sip-server-under-test.ts'

/** What a scenario came to. */
export interface TransactionOutcome {
  readonly replies: readonly string[]
  readonly routes: readonly string[]
  readonly application: readonly string[]
}

interface Play {
  readonly name: string
  readonly sipp:
    | 'request'
    | 'unawaited'
    | 'repeated'
    | 'refused'
    | 'answered'
    | 'cancelled'
    | 'cancelled-unawaited'
  readonly words: Readonly<Record<string, string>>
  readonly transport?: 'udp' | 'tcp'
  /** The application's; without, none is connected. */
  readonly answers?: Answers
  readonly settings?: Partial<TransactionSettings>
}
interface Agreement extends Play {
  readonly outcome: TransactionOutcome
}
interface Difference extends Play {
  /** Why evapid does not do what Kamailio does. */
  readonly differs: string
  readonly kamailio: TransactionOutcome
  readonly evapid: TransactionOutcome
}
export type TransactionScenario = Agreement | Difference

const CONTINUE = 'continue~I~L~RESUME'
/** The application continues what came first once more. */
const CONTINUE_FIRST = 'continue~I1~L1~RESUME'
const TRYING = '100 trying -- your call is important to us (INVITE) -'

/** A probe that waits for the application: when its reply comes, what the application did before it has been done. */
const PROBE = { probe: 'async~probe', proberesume: 'reply~200~probed' }
const PROBED = ['request OPTIONS: async true', 'RESUME OPTIONS: reply true']

/** A request does not wait long. */
const SHORT: Partial<TransactionSettings> = { frTimer: 1000, frInvTimer: 1000 }
/** A reply is due again after 1, 3 and 5 seconds: whatever a scenario waits for is a second away from these. */
const AGAIN: Partial<TransactionSettings> = { retrTimer1: 1000, retrTimer2: 2000 }

export const transactionScenarios: readonly TransactionScenario[] = [
  // Suspend and continue

  {
    name: 'a request is suspended, continued and answered',
    sipp: 'request',
    words: { steps: 'async~a|id', resume: 'id|reply~200~OK' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true, id number', 'RESUME OPTIONS: id number, reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'the same over TCP',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'reply~200~OK' },
    answers: { a: [CONTINUE] },
    transport: 'tcp',
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'a suspended INVITE gets its 100 at once and its answer later; ACK and BYE find what they belong to',
    sipp: 'answered',
    words: { steps: 'async~a', resume: 'reply~200~OK' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: [TRYING, '200 OK (INVITE) a', '200 Bye (BYE) a'],
      routes: [
        'request INVITE: async true',
        'RESUME INVITE: reply true',
        'request BYE: newtran true, reply true',
      ],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'an INVITE over TCP',
    sipp: 'answered',
    words: { steps: 'async~a', resume: 'reply~180~Ringing|reply~200~OK' },
    answers: { a: [CONTINUE] },
    transport: 'tcp',
    outcome: {
      replies: [TRYING, '180 Ringing (INVITE) a', '200 OK (INVITE) a', '200 Bye (BYE) a'],
      routes: [
        'request INVITE: async true',
        'RESUME INVITE: reply true, reply true',
        'request BYE: newtran true, reply true',
      ],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'a suspended INVITE is refused',
    sipp: 'refused',
    words: { steps: 'async~a', resume: 'reply~486~Busy Here' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: [TRYING, '486 Busy Here (INVITE) a'],
      routes: ['request INVITE: async true', 'RESUME INVITE: reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 't_newtran and the 100 of an INVITE',
    sipp: 'refused',
    words: { steps: 'newtran|reply~486~Busy Here' },
    differs:
      't_newtran sends the 100, as its documentation says: a route that takes its time is not asked again meanwhile. In Kamailio 5.6 it leaves that to whatever suspends or relays.',
    kamailio: {
      replies: ['486 Busy Here (INVITE) a'],
      routes: ['request INVITE: newtran true, reply true'],
      application: [],
    },
    evapid: {
      replies: [TRYING, '486 Busy Here (INVITE) a'],
      routes: ['request INVITE: newtran true, reply true'],
      application: [],
    },
  },
  {
    name: 't_suspend without t_newtran makes the transaction',
    sipp: 'unawaited',
    words: { method: 'INVITE', steps: 'suspend|id' },
    outcome: { replies: [TRYING], routes: ['request INVITE: suspend true, id number'], application: [] },
  },
  {
    name: 'the second continue is false',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'reply~200~OK' },
    answers: { a: [CONTINUE, CONTINUE] },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: reply true'],
      application: ['event a', `${CONTINUE} true`, `${CONTINUE} false`],
    },
  },
  {
    name: 'an unknown id changes nothing',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'reply~200~OK' },
    answers: {
      a: [
        'continue~I+1~L~RESUME',
        'continue~I~L+1~RESUME',
        'continue~0~0~RESUME',
        'continue~70000~L~RESUME',
        'continue~-1~L~RESUME',
        'continue~I~-1~RESUME',
        CONTINUE,
      ],
    },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: reply true'],
      application: [
        'event a',
        'continue~I+1~L~RESUME false',
        'continue~I~L+1~RESUME false',
        'continue~0~0~RESUME false',
        'continue~70000~L~RESUME false',
        'continue~-1~L~RESUME false',
        'continue~I~-1~RESUME false',
        `${CONTINUE} true`,
      ],
    },
  },
  {
    name: 'an id that is no number changes nothing',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'reply~200~OK' },
    answers: {
      a: ['text~x~L~RESUME', 'text~I~~RESUME', 'text~4294967296~L~RESUME', 'text~1.5~L~RESUME', CONTINUE],
    },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: reply true'],
      application: [
        'event a',
        'text~x~L~RESUME false',
        'text~I~~RESUME false',
        'text~4294967296~L~RESUME false',
        'text~1.5~L~RESUME false',
        `${CONTINUE} true`,
      ],
    },
  },
  {
    name: 'an id in texts',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'reply~200~OK' },
    answers: { a: ['text~I~L~RESUME', CONTINUE] },
    differs: 'ids come as text, out of plain messages: a script need not convert them.',
    kamailio: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: reply true'],
      application: ['event a', 'text~I~L~RESUME false', `${CONTINUE} true`],
    },
    evapid: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: reply true'],
      application: ['event a', 'text~I~L~RESUME true', `${CONTINUE} false`],
    },
  },
  {
    name: 'an unknown route changes nothing',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'reply~200~OK' },
    answers: { a: ['continue~I~L~NOWHERE', CONTINUE] },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: reply true'],
      application: ['event a', 'continue~I~L~NOWHERE false', `${CONTINUE} true`],
    },
  },
  {
    name: 'a continued route that does nothing is answered with 500',
    sipp: 'request',
    words: { steps: 'async~a', resume: '', code: '500' },
    answers: { a: [CONTINUE] },
    differs: 'the reason phrase is the usual one.',
    kamailio: {
      replies: ["500 I'm terribly sorry, server error occurred (1/TM) (OPTIONS) a"],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: nothing'],
      application: ['event a', `${CONTINUE} true`],
    },
    evapid: {
      replies: ['500 Server Internal Error (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: nothing'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'a continued route that only rings is answered with 500',
    sipp: 'refused',
    words: { steps: 'async~a', resume: 'reply~183~Progress', code: '500' },
    answers: { a: [CONTINUE] },
    differs: 'the reason phrase is the usual one.',
    kamailio: {
      replies: [
        TRYING,
        '183 Progress (INVITE) a',
        "500 I'm terribly sorry, server error occurred (1/TM) (INVITE) a",
      ],
      routes: ['request INVITE: async true', 'RESUME INVITE: reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
    evapid: {
      replies: [TRYING, '183 Progress (INVITE) a', '500 Server Internal Error (INVITE) a'],
      routes: ['request INVITE: async true', 'RESUME INVITE: reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'a continued route suspends again, under the same id',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'async~b', resume2: 'reply~200~OK' },
    answers: { a: [CONTINUE], b: ['continue~I1~L1~RESUME2'] },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: async true', 'RESUME2 OPTIONS: reply true'],
      application: ['event a', 'event b', `${CONTINUE} true`, 'continue~I1~L1~RESUME2 true'],
    },
  },
  {
    name: 'an INVITE suspended again gets no second 100',
    sipp: 'answered',
    words: { steps: 'async~a', resume: 'reply~180~Ringing|async~b', resume2: 'reply~200~OK' },
    answers: { a: [CONTINUE], b: ['continue~I~L~RESUME2'] },
    outcome: {
      replies: [TRYING, '180 Ringing (INVITE) a', '200 OK (INVITE) a', '200 Bye (BYE) a'],
      routes: [
        'request INVITE: async true',
        'RESUME INVITE: reply true, async true',
        'RESUME2 INVITE: reply true',
        'request BYE: newtran true, reply true',
      ],
      application: ['event a', 'event b', `${CONTINUE} true`, 'continue~I~L~RESUME2 true'],
    },
  },
  {
    name: '$avp and $xavp live as long as the transaction',
    sipp: 'request',
    words: { steps: 'set~one|async~a', resume: 'get|set~two|async~b', resume2: 'get|reply~200~OK' },
    answers: { a: [CONTINUE], b: ['continue~I~L~RESUME2'] },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: [
        'request OPTIONS: set one, async true',
        'RESUME OPTIONS: get one,one, set two, async true',
        'RESUME2 OPTIONS: get two,two, reply true',
      ],
      application: ['event a', 'event b', `${CONTINUE} true`, 'continue~I~L~RESUME2 true'],
    },
  },
  {
    name: 'a route that answers after it has suspended ends the waiting',
    sipp: 'request',
    words: { steps: 'async~a|reply~200~OK', ...PROBE },
    answers: { probe: [CONTINUE_FIRST, CONTINUE] },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: async true, reply true', ...PROBED],
      application: ['event a', 'event probe', `${CONTINUE_FIRST} false`, `${CONTINUE} true`],
    },
  },
  {
    name: 'nothing is suspended after the final reply',
    sipp: 'request',
    words: { steps: 'newtran|reply~200~OK|async~a' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: newtran true, reply true, async false'],
      application: [],
    },
  },
  {
    name: 'suspending twice in one run',
    sipp: 'unawaited',
    words: { steps: 'async~a|async~b', resume: 'reply~200~OK', ...PROBE },
    answers: { probe: [CONTINUE_FIRST, CONTINUE_FIRST, CONTINUE] },
    differs:
      'what is suspended cannot be suspended: two events with one id would be two questions that one answer ends.',
    kamailio: {
      replies: ['200 OK (OPTIONS) a'],
      routes: [
        'request OPTIONS: async true, async true',
        'request OPTIONS: async true',
        'RESUME OPTIONS: reply true',
        'RESUME OPTIONS: reply true',
      ],
      application: [
        'event a',
        'event b',
        'event probe',
        `${CONTINUE_FIRST} true`,
        `${CONTINUE_FIRST} false`,
        `${CONTINUE} true`,
      ],
    },
    evapid: {
      replies: ['200 OK (OPTIONS) a'],
      routes: [
        'request OPTIONS: async true, async false',
        'request OPTIONS: async true',
        'RESUME OPTIONS: reply true',
        'RESUME OPTIONS: reply true',
      ],
      application: [
        'event a',
        'event probe',
        `${CONTINUE_FIRST} true`,
        `${CONTINUE_FIRST} false`,
        `${CONTINUE} true`,
      ],
    },
  },
  {
    name: 'an empty event that nothing makes up for',
    sipp: 'unawaited',
    words: { steps: 'asyncempty', wait: '2000' },
    answers: {},
    settings: SHORT,
    outcome: {
      replies: ['408 Request Timeout (OPTIONS) a'],
      routes: ['request OPTIONS: asyncempty false'],
      application: [],
    },
  },
  {
    name: 'an empty event',
    sipp: 'request',
    words: { steps: 'asyncempty|send~480~Nothing To Say', code: '480' },
    outcome: {
      replies: ['480 Nothing To Say (OPTIONS) a'],
      routes: ['request OPTIONS: asyncempty false, send true'],
      application: [],
    },
  },
  {
    name: '$T_reply_code in a continued route',
    sipp: 'request',
    words: { steps: 'newtran|reply~100~Wait|code|async~a', resume: 'code|reply~200~OK|code' },
    answers: { a: [CONTINUE] },
    differs:
      'it is the last reply sent, wherever it is asked for; Kamailio looks for the reply of a branch, and logs that there is none.',
    kamailio: {
      replies: ['100 Wait (OPTIONS) -', '200 OK (OPTIONS) a'],
      routes: [
        'request OPTIONS: newtran true, reply true, code =100, async true',
        'RESUME OPTIONS: code =0, reply true, code =0',
      ],
      application: ['event a', `${CONTINUE} true`],
    },
    evapid: {
      replies: ['100 Wait (OPTIONS) -', '200 OK (OPTIONS) a'],
      routes: [
        'request OPTIONS: newtran true, reply true, code =100, async true',
        'RESUME OPTIONS: code =100, reply true, code =200',
      ],
      application: ['event a', `${CONTINUE} true`],
    },
  },

  // Replies

  {
    name: 'the replies of a transaction have one To-tag, but for the 100',
    sipp: 'answered',
    words: { steps: 'async~a', resume: 'reply~180~Ringing|reply~183~Progress|reply~200~OK' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: [
        TRYING,
        '180 Ringing (INVITE) a',
        '183 Progress (INVITE) a',
        '200 OK (INVITE) a',
        '200 Bye (BYE) a',
      ],
      routes: [
        'request INVITE: async true',
        'RESUME INVITE: reply true, reply true, reply true',
        'request BYE: newtran true, reply true',
      ],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'there is one final reply',
    sipp: 'request',
    words: { steps: 'newtran|reply~200~OK|reply~404~Late|send~403~Late|code' },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: newtran true, reply true, reply false, send false, code =200'],
      application: [],
    },
  },
  {
    name: 'lines of append_to_reply are in all later replies',
    sipp: 'answered',
    words: { steps: 'async~a', resume: 'append~X-B: 2|reply~180~Ringing|append~X-C: 3|reply~200~OK' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: [
        TRYING,
        '180 Ringing (INVITE) a X-B: 2',
        '200 OK (INVITE) a X-B: 2 X-C: 3',
        '200 Bye (BYE) a',
      ],
      routes: [
        'request INVITE: async true',
        'RESUME INVITE: append true, reply true, append true, reply true',
        'request BYE: newtran true, reply true',
      ],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'append_to_reply before the 100',
    sipp: 'refused',
    words: { steps: 'append~X-A: 1|async~a', resume: 'reply~486~Busy Here' },
    answers: { a: [CONTINUE] },
    differs: 'the 100 is hop by hop, and has nothing of the script in it.',
    kamailio: {
      replies: [
        '100 trying -- your call is important to us (INVITE) - X-A: 1',
        '486 Busy Here (INVITE) a X-A: 1',
      ],
      routes: ['request INVITE: append true, async true', 'RESUME INVITE: reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
    evapid: {
      replies: [TRYING, '486 Busy Here (INVITE) a X-A: 1'],
      routes: ['request INVITE: append true, async true', 'RESUME INVITE: reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'Record-Route goes into the replies that make a dialog',
    sipp: 'answered',
    words: { steps: 'async~a', resume: 'reply~180~Ringing|reply~200~OK', recordroute: '<sip:192.0.2.9;lr>' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: [
        TRYING,
        '180 Ringing (INVITE) a Record-Route: <sip:192.0.2.9;lr>',
        '200 OK (INVITE) a Record-Route: <sip:192.0.2.9;lr>',
        '200 Bye (BYE) a',
      ],
      routes: [
        'request INVITE: async true',
        'RESUME INVITE: reply true, reply true',
        'request BYE: newtran true, reply true',
      ],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'Record-Route does not go into a refusal',
    sipp: 'refused',
    words: { steps: 'async~a', resume: 'reply~486~Busy Here', recordroute: '<sip:192.0.2.9;lr>' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: [TRYING, '486 Busy Here (INVITE) a'],
      routes: ['request INVITE: async true', 'RESUME INVITE: reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'a 6xx',
    sipp: 'request',
    words: { steps: 'newtran|reply~699~No', code: '699' },
    outcome: {
      replies: ['699 No (OPTIONS) a'],
      routes: ['request OPTIONS: newtran true, reply true'],
      application: [],
    },
  },
  {
    name: 'a code that is none',
    sipp: 'unawaited',
    words: { steps: 'newtran|reply~700~What' },
    differs: 'no reply can have a code that is not 100 to 699.',
    kamailio: {
      replies: ['700 What (OPTIONS) a'],
      routes: ['request OPTIONS: newtran true, reply true'],
      application: [],
    },
    evapid: { replies: [], routes: ['request OPTIONS: newtran true, reply false'], application: [] },
  },
  {
    name: 'sl_send_reply needs no transaction',
    sipp: 'request',
    words: { steps: 'append~X-A: 1|sl~404~Not Here|id|code', code: '404' },
    outcome: {
      replies: ['404 Not Here (OPTIONS) a X-A: 1'],
      routes: ['request OPTIONS: append true, sl true, id null, code =0'],
      application: [],
    },
  },
  {
    name: 'lines of append_to_reply are in all later replies without state, too',
    sipp: 'request',
    words: { steps: 'append~X-A: 1|sl~100~Progress|sl~404~Not Here', code: '404' },
    outcome: {
      replies: ['100 Progress (OPTIONS) - X-A: 1', '404 Not Here (OPTIONS) a X-A: 1'],
      routes: ['request OPTIONS: append true, sl true, sl true'],
      application: [],
    },
  },
  {
    name: 'send_reply without a transaction',
    sipp: 'request',
    words: { steps: 'send~404~Not Here|id|code', code: '404' },
    outcome: {
      replies: ['404 Not Here (OPTIONS) a'],
      routes: ['request OPTIONS: send true, id null, code =0'],
      application: [],
    },
  },
  {
    name: 'send_reply with a transaction',
    sipp: 'request',
    words: { steps: 'newtran|send~404~Not Here|send~403~Late|code', code: '404' },
    outcome: {
      replies: ['404 Not Here (OPTIONS) a'],
      routes: ['request OPTIONS: newtran true, send true, send false, code =404'],
      application: [],
    },
  },
  {
    name: 'the ACK of a stateless refusal ends here',
    sipp: 'refused',
    words: { steps: 'sl~486~Busy Here' },
    outcome: { replies: ['486 Busy Here (INVITE) a'], routes: ['request INVITE: sl true'], application: [] },
  },
  {
    name: 't_reply without a transaction',
    sipp: 'unawaited',
    words: { steps: 'reply~480~First|send~481~Second' },
    differs: 't_reply makes the transaction that it needs.',
    kamailio: {
      replies: ['481 Second (OPTIONS) a'],
      routes: ['request OPTIONS: reply false, send true'],
      application: [],
    },
    evapid: {
      replies: ['480 First (OPTIONS) a'],
      routes: ['request OPTIONS: reply true, send false'],
      application: [],
    },
  },
  {
    name: 't_newtran twice',
    sipp: 'request',
    words: { steps: 'newtran|newtran|reply~200~OK' },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: newtran true, newtran false, reply true'],
      application: [],
    },
  },
  {
    name: 'a request without a transaction',
    sipp: 'request',
    words: { steps: 'check|lookup|id|code|sl~200~OK' },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: check false, lookup false, id null, code =0, sl true'],
      application: [],
    },
  },
  {
    name: 't_check_trans behind t_newtran',
    sipp: 'request',
    words: { steps: 'newtran|lookup|reply~200~OK|check|code' },
    differs:
      'Kamailio takes the request for its own retransmission, sends the reply again and ends the script.',
    kamailio: {
      replies: ['200 OK (OPTIONS) a x2'],
      routes: ['request OPTIONS: newtran true, lookup true, reply true'],
      application: [],
    },
    evapid: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: newtran true, lookup true, reply true, check true, code =200'],
      application: [],
    },
  },
  {
    name: 't_release after the reply',
    sipp: 'request',
    words: { steps: 'newtran|reply~200~OK|release' },
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: newtran true, reply true, release true'],
      application: [],
    },
  },
  {
    name: 't_release without a transaction',
    sipp: 'request',
    words: { steps: 'release|sl~200~OK' },
    differs: 'there is nothing to release, and it says so.',
    kamailio: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: release true, sl true'],
      application: [],
    },
    evapid: {
      replies: ['200 OK (OPTIONS) a'],
      routes: ['request OPTIONS: release false, sl true'],
      application: [],
    },
  },
  {
    name: 'send_reply in a continued route',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'send~404~No', code: '404' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: ['404 No (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: send true'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'sl_send_reply in a continued route',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'sl~404~No', code: '404', ...PROBE },
    answers: { a: [CONTINUE], probe: [CONTINUE] },
    differs:
      'a request gets one final reply: with a transaction it goes out through that. Kamailio sends another one, since its transaction had none.',
    kamailio: {
      replies: ['404 No (OPTIONS) a', "500 I'm terribly sorry, server error occurred (1/TM) (OPTIONS) b"],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: sl true', ...PROBED],
      application: ['event a', `${CONTINUE} true`, 'event probe', `${CONTINUE} true`],
    },
    evapid: {
      replies: ['404 No (OPTIONS) a'],
      routes: ['request OPTIONS: async true', 'RESUME OPTIONS: sl true', ...PROBED],
      application: ['event a', `${CONTINUE} true`, 'event probe', `${CONTINUE} true`],
    },
  },
  {
    name: 'an INVITE that no route answers',
    sipp: 'unawaited',
    words: { method: 'INVITE', steps: '' },
    outcome: { replies: [], routes: ['request INVITE: nothing'], application: [] },
  },
  {
    name: 'a request that no route answers',
    sipp: 'unawaited',
    words: { steps: '' },
    outcome: { replies: [], routes: ['request OPTIONS: nothing'], application: [] },
  },
  {
    name: 'a transaction that no route answers',
    sipp: 'unawaited',
    words: { steps: 'newtran', wait: '2000' },
    settings: SHORT,
    differs:
      'whoever made the transaction may still answer: it times out like any other. Kamailio forgets it without a word.',
    kamailio: { replies: [], routes: ['request OPTIONS: newtran true'], application: [] },
    evapid: {
      replies: ['408 Request Timeout (OPTIONS) a'],
      routes: ['request OPTIONS: newtran true'],
      application: [],
    },
  },

  // Retransmissions

  {
    name: 'a request that comes again gets the last reply again, and runs no route',
    sipp: 'repeated',
    words: { steps: 'newtran|reply~200~OK' },
    outcome: {
      replies: ['200 OK (OPTIONS) a x2'],
      routes: ['request OPTIONS: newtran true, reply true'],
      application: [],
    },
  },
  {
    name: 'a suspended INVITE that comes again gets its 100 again',
    sipp: 'repeated',
    words: { method: 'INVITE', steps: 'newtran|suspend', code: '100' },
    outcome: {
      replies: ['100 trying -- your call is important to us (INVITE) - x2'],
      routes: ['request INVITE: newtran true, suspend true'],
      application: [],
    },
  },
  {
    name: 'a stateless reply is made again, with the same To-tag',
    sipp: 'repeated',
    words: { steps: 'sl~404~Not Here', code: '404' },
    outcome: {
      replies: ['404 Not Here (OPTIONS) a x2'],
      routes: ['request OPTIONS: sl true', 'request OPTIONS: sl true'],
      application: [],
    },
  },
  {
    name: 'a route that looks for no retransmission',
    sipp: 'repeated',
    words: { steps: 'bare|newtran|reply~200~OK' },
    differs: 'a retransmission runs no route: evapid looks before it starts one.',
    kamailio: {
      replies: ['200 OK (OPTIONS) a x2'],
      routes: ['request OPTIONS: newtran true, reply true', 'request OPTIONS: nothing'],
      application: [],
    },
    evapid: {
      replies: ['200 OK (OPTIONS) a x2'],
      routes: ['request OPTIONS: newtran true, reply true'],
      application: [],
    },
  },
  {
    name: 'a refusal is sent again until its ACK',
    sipp: 'refused',
    words: { steps: 'async~a', resume: 'reply~486~Busy Here', wait: '4000', rest: '1500' },
    answers: { a: [CONTINUE] },
    settings: AGAIN,
    outcome: {
      replies: [TRYING, '486 Busy Here (INVITE) a x3'],
      routes: ['request INVITE: async true', 'RESUME INVITE: reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'a 200 is sent again until its ACK',
    sipp: 'answered',
    words: { steps: 'async~a', resume: 'reply~200~OK', wait: '4000', rest: '1500' },
    answers: { a: [CONTINUE] },
    settings: AGAIN,
    outcome: {
      replies: [TRYING, '200 OK (INVITE) a x3', '200 Bye (BYE) a'],
      routes: [
        'request INVITE: async true',
        'RESUME INVITE: reply true',
        'request BYE: newtran true, reply true',
      ],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'over TCP a refusal is sent once',
    sipp: 'refused',
    words: { steps: 'async~a', resume: 'reply~486~Busy Here', wait: '2000' },
    answers: { a: [CONTINUE] },
    settings: AGAIN,
    transport: 'tcp',
    outcome: {
      replies: [TRYING, '486 Busy Here (INVITE) a'],
      routes: ['request INVITE: async true', 'RESUME INVITE: reply true'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'a 200 over TCP without an ACK',
    sipp: 'answered',
    words: { steps: 'async~a', resume: 'reply~200~OK', wait: '2000' },
    answers: { a: [CONTINUE] },
    settings: AGAIN,
    transport: 'tcp',
    outcome: {
      replies: [TRYING, '200 OK (INVITE) a x2', '200 Bye (BYE) a'],
      routes: [
        'request INVITE: async true',
        'RESUME INVITE: reply true',
        'request BYE: newtran true, reply true',
      ],
      application: ['event a', `${CONTINUE} true`],
    },
  },

  // Time-outs

  {
    name: 'a request that nobody continues is answered with 408, and cannot be continued then',
    sipp: 'request',
    words: { steps: 'async~a', resume: 'reply~200~OK', code: '408', ...PROBE },
    answers: { probe: [CONTINUE_FIRST, CONTINUE] },
    settings: SHORT,
    outcome: {
      replies: ['408 Request Timeout (OPTIONS) a'],
      routes: ['request OPTIONS: async true', ...PROBED],
      application: ['event a', 'event probe', `${CONTINUE_FIRST} false`, `${CONTINUE} true`],
    },
  },
  {
    name: 'an INVITE that nobody continues is answered with 408',
    sipp: 'refused',
    words: { steps: 'async~a', resume: 'reply~200~OK', code: '408', ...PROBE },
    answers: { probe: [CONTINUE_FIRST, CONTINUE] },
    settings: SHORT,
    outcome: {
      replies: [TRYING, '408 Request Timeout (INVITE) a'],
      routes: ['request INVITE: async true', ...PROBED],
      application: ['event a', 'event probe', `${CONTINUE_FIRST} false`, `${CONTINUE} true`],
    },
  },
  {
    name: 'ringing does not make it wait longer',
    sipp: 'refused',
    words: { steps: 'async~a', resume: 'reply~180~Ringing|async~b', code: '408' },
    answers: { a: [CONTINUE] },
    settings: SHORT,
    outcome: {
      replies: [TRYING, '180 Ringing (INVITE) a', '408 Request Timeout (INVITE) a'],
      routes: ['request INVITE: async true', 'RESUME INVITE: reply true, async true'],
      application: ['event a', 'event b', `${CONTINUE} true`],
    },
  },
  {
    name: 'no application is connected',
    sipp: 'request',
    words: { steps: 'async~a', code: '408' },
    settings: SHORT,
    outcome: {
      replies: ['408 Request Timeout (OPTIONS) a'],
      routes: ['request OPTIONS: async true'],
      application: [],
    },
  },
  {
    name: 'an event for a tag that nobody has',
    sipp: 'request',
    words: { steps: 'asyncuni~nobody', code: '408' },
    answers: {},
    settings: SHORT,
    outcome: {
      replies: ['408 Request Timeout (OPTIONS) a'],
      routes: ['request OPTIONS: asyncuni true'],
      application: [],
    },
  },
  {
    name: 't_set_fr says how long a request waits',
    sipp: 'request',
    words: { steps: 'setfr~0~600|async~a', code: '408' },
    answers: {},
    outcome: {
      replies: ['408 Request Timeout (OPTIONS) a'],
      routes: ['request OPTIONS: setfr true, async true'],
      application: ['event a'],
    },
  },
  {
    name: 'the first time of t_set_fr is for an INVITE',
    sipp: 'unawaited',
    words: { method: 'INVITE', steps: 'setfr~600~30000|async~a', wait: '1800' },
    answers: {},
    differs:
      'as it is documented: fr_inv_timer is for an INVITE. Kamailio times whatever is suspended by fr_timer.',
    kamailio: {
      replies: [TRYING],
      routes: ['request INVITE: setfr true, async true'],
      application: ['event a'],
    },
    evapid: {
      replies: [TRYING, '408 Request Timeout (INVITE) a'],
      routes: ['request INVITE: setfr true, async true'],
      application: ['event a'],
    },
  },
  {
    name: 'the second time of t_set_fr is not for an INVITE',
    sipp: 'unawaited',
    words: { method: 'INVITE', steps: 'setfr~30000~600|async~a', wait: '1800' },
    answers: {},
    differs: 'as above.',
    kamailio: {
      replies: [TRYING, '408 Request Timeout (INVITE) a'],
      routes: ['request INVITE: setfr true, async true'],
      application: ['event a'],
    },
    evapid: {
      replies: [TRYING],
      routes: ['request INVITE: setfr true, async true'],
      application: ['event a'],
    },
  },
  {
    name: 'a failure route that does nothing leaves the 408',
    sipp: 'request',
    words: { steps: 'isset|onfailure|isset|async~a|isset', failure: 'isset|code', code: '408' },
    answers: {},
    settings: SHORT,
    outcome: {
      replies: ['408 Request Timeout (OPTIONS) a'],
      routes: [
        'request OPTIONS: isset false, onfailure true, isset true, async true, isset true',
        'FAIL OPTIONS 408: isset false, code =408',
      ],
      application: ['event a'],
    },
  },
  {
    name: 'a failure route answers',
    sipp: 'refused',
    words: { steps: 'onfailure|async~a', failure: 'reply~480~Gone', code: '480' },
    answers: {},
    settings: SHORT,
    outcome: {
      replies: [TRYING, '480 Gone (INVITE) a'],
      routes: ['request INVITE: onfailure true, async true', 'FAIL INVITE 408: reply true'],
      application: ['event a'],
    },
  },
  {
    name: 'a failure route suspends again',
    sipp: 'request',
    words: { steps: 'onfailure|async~a', failure: 'async~b', resume: 'reply~200~OK' },
    answers: { b: [CONTINUE] },
    settings: SHORT,
    outcome: {
      replies: ['200 OK (OPTIONS) a'],
      routes: [
        'request OPTIONS: onfailure true, async true',
        'FAIL OPTIONS 408: async true',
        'RESUME OPTIONS: reply true',
      ],
      application: ['event a', 'event b', `${CONTINUE} true`],
    },
  },
  {
    name: 'a failure route runs once',
    sipp: 'request',
    words: { steps: 'onfailure|async~a', failure: 'async~b', code: '408' },
    answers: {},
    settings: SHORT,
    outcome: {
      replies: ['408 Request Timeout (OPTIONS) a'],
      routes: ['request OPTIONS: onfailure true, async true', 'FAIL OPTIONS 408: async true'],
      application: ['event a', 'event b'],
    },
  },
  {
    name: 'a failure route stays armed when the request is continued',
    sipp: 'request',
    words: { steps: 'onfailure|async~a', resume: 'isset|async~b', failure: 'reply~480~Gone', code: '480' },
    answers: { a: [CONTINUE] },
    settings: SHORT,
    outcome: {
      replies: ['480 Gone (OPTIONS) a'],
      routes: [
        'request OPTIONS: onfailure true, async true',
        'RESUME OPTIONS: isset true, async true',
        'FAIL OPTIONS 408: reply true',
      ],
      application: ['event a', 'event b', `${CONTINUE} true`],
    },
  },
  {
    name: 'a failure route finds $avp and $xavp',
    sipp: 'request',
    words: { steps: 'set~one|onfailure|async~a', failure: 'get|reply~480~Gone', code: '480' },
    answers: {},
    settings: SHORT,
    outcome: {
      replies: ['480 Gone (OPTIONS) a'],
      routes: [
        'request OPTIONS: set one, onfailure true, async true',
        'FAIL OPTIONS 408: get one,one, reply true',
      ],
      application: ['event a'],
    },
  },
  {
    name: 'a failure route is not for a continued route that does nothing',
    sipp: 'request',
    words: { steps: 'onfailure|async~a', failure: 'reply~480~Gone', code: '500' },
    answers: { a: [CONTINUE] },
    differs: 'the reason phrase is the usual one.',
    kamailio: {
      replies: ["500 I'm terribly sorry, server error occurred (1/TM) (OPTIONS) a"],
      routes: ['request OPTIONS: onfailure true, async true', 'RESUME OPTIONS: nothing'],
      application: ['event a', `${CONTINUE} true`],
    },
    evapid: {
      replies: ['500 Server Internal Error (OPTIONS) a'],
      routes: ['request OPTIONS: onfailure true, async true', 'RESUME OPTIONS: nothing'],
      application: ['event a', `${CONTINUE} true`],
    },
  },
  {
    name: 'a failure route is not for a refusal',
    sipp: 'request',
    words: { steps: 'onfailure|newtran|reply~404~No', failure: 'reply~480~Gone', code: '404' },
    outcome: {
      replies: ['404 No (OPTIONS) a'],
      routes: ['request OPTIONS: onfailure true, newtran true, reply true'],
      application: [],
    },
  },

  // CANCEL

  {
    name: 'a suspended INVITE is cancelled, and cannot be continued then',
    sipp: 'cancelled',
    words: { steps: 'async~a', resume: 'reply~200~OK', ...PROBE },
    answers: { probe: [CONTINUE_FIRST, CONTINUE] },
    outcome: {
      replies: [TRYING, '487 Request canceled (INVITE) a', '200 ok -- no more pending branches (CANCEL) a'],
      routes: ['request INVITE: async true', ...PROBED],
      application: ['event a', 'event probe', `${CONTINUE_FIRST} false`, `${CONTINUE} true`],
    },
  },
  {
    name: 'a suspended INVITE is cancelled over TCP',
    sipp: 'cancelled',
    words: { steps: 'async~a', resume: 'reply~200~OK', ...PROBE },
    answers: { probe: [CONTINUE_FIRST, CONTINUE] },
    transport: 'tcp',
    outcome: {
      replies: [TRYING, '487 Request canceled (INVITE) a', '200 ok -- no more pending branches (CANCEL) a'],
      routes: ['request INVITE: async true', ...PROBED],
      application: ['event a', 'event probe', `${CONTINUE_FIRST} false`, `${CONTINUE} true`],
    },
  },
  {
    name: 'a script that has nothing for CANCEL',
    sipp: 'cancelled-unawaited',
    words: { steps: 'async~a', resume: 'reply~486~Busy Here', cancel: 'bare', wait: '500', ...PROBE },
    answers: { probe: [CONTINUE_FIRST, CONTINUE] },
    differs: 'CANCEL is dealt with before a route runs.',
    kamailio: {
      replies: [TRYING, '486 Busy Here (INVITE) a'],
      routes: [
        'request INVITE: async true',
        'request CANCEL: nothing',
        'request OPTIONS: async true',
        'RESUME INVITE: reply true',
        'RESUME OPTIONS: reply true',
      ],
      application: ['event a', 'event probe', `${CONTINUE_FIRST} true`, `${CONTINUE} true`],
    },
    evapid: {
      replies: [TRYING, '487 Request canceled (INVITE) a', '200 ok -- no more pending branches (CANCEL) a'],
      routes: ['request INVITE: async true', ...PROBED],
      application: ['event a', 'event probe', `${CONTINUE_FIRST} false`, `${CONTINUE} true`],
    },
  },
  {
    name: 'CANCEL is not for a failure route',
    sipp: 'cancelled',
    words: { steps: 'onfailure|async~a', failure: 'reply~480~Gone' },
    answers: {},
    outcome: {
      replies: [TRYING, '487 Request canceled (INVITE) a', '200 ok -- no more pending branches (CANCEL) a'],
      routes: ['request INVITE: onfailure true, async true'],
      application: ['event a'],
    },
  },
  {
    name: 'an INVITE that rings is cancelled',
    sipp: 'cancelled',
    // It is suspended before it rings: between the two Kamailio's other process would have the CANCEL.
    words: { steps: 'async~a', resume: 'async~b|reply~180~Ringing', provisional: '180' },
    answers: { a: [CONTINUE] },
    outcome: {
      replies: [
        TRYING,
        '180 Ringing (INVITE) a',
        '487 Request canceled (INVITE) a',
        '200 ok -- no more pending branches (CANCEL) a',
      ],
      routes: ['request INVITE: async true', 'RESUME INVITE: async true, reply true'],
      application: ['event a', 'event b', `${CONTINUE} true`],
    },
  },
  {
    name: 'a CANCEL that belongs to nothing is a request',
    sipp: 'request',
    words: { method: 'CANCEL', steps: 'lookup|sl~481~Nothing To Cancel', code: '481' },
    outcome: {
      replies: ['481 Nothing To Cancel (CANCEL) a'],
      routes: ['request CANCEL: lookup false, sl true'],
      application: [],
    },
  },
  {
    name: 'an ACK that belongs to nothing is a request that cannot be answered',
    sipp: 'unawaited',
    words: { method: 'ACK', steps: 'lookup|id|async~a|sl~200~OK' },
    outcome: {
      replies: [],
      routes: ['request ACK: lookup false, id null, async false, sl false'],
      application: [],
    },
  },
  {
    name: 't_newtran of an ACK',
    sipp: 'unawaited',
    words: { method: 'ACK', steps: 'newtran|id' },
    differs: 'an ACK has no transaction, and it says so.',
    kamailio: { replies: [], routes: ['request ACK: newtran true, id null'], application: [] },
    evapid: { replies: [], routes: ['request ACK: newtran false, id null'], application: [] },
  },
]
