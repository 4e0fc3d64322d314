// Where evapid differs from Kamailio 5.6.3 on purpose in what a script of test/conformance/scripts comes to, why, and what both do. A
// difference that is none any more fails its test and must leave the list.

export interface ScriptDifference {
  readonly why: string
  readonly kamailio: readonly string[]
  readonly evapid: readonly string[]
}

const OK = '> 200 OK | 1 OPTIONS | tagged | '

/** By the name of the case's test. */
export const DIFFERENCES: Readonly<Record<string, ScriptDifference>> = {
  'literals: ifdef of the server itself': {
    why: 'KAMAILIO and KAMAILIO_VERSION are what later releases define; scripts for both ask for them.',
    kamailio: ['MOD_evapi'],
    evapid: ['KAMAILIO', 'KAMAILIO_VERSION', 'MOD_evapi'],
  },
  'variables: avps from the end': {
    why: '[-1] is the last, as its documentation says. Kamailio finds nothing there.',
    kamailio: ['<null> <null> three <null>'],
    evapid: ['one two three <null>'],
  },
  'requests: sl_send_reply_with_variables': {
    why: 'All of a reason phrase is expanded. Kamailio takes the variable that it begins with for all of it.',
    kamailio: ['1', '> 404 Not Here | 1 OPTIONS | tagged | '],
    evapid: ['1', '> 404 Not Here at all | 1 OPTIONS | tagged | '],
  },
  'requests: t_reply_with_variables': {
    why: 'All of a reason phrase is expanded. Kamailio sends the dollar, since the phrase begins with none.',
    kamailio: ['1', '> 503 Later, $fU | 1 OPTIONS | tagged | '],
    evapid: ['1', '> 503 Later, alice | 1 OPTIONS | tagged | '],
  },
  'requests: provisional_and_final': {
    why: 't_newtran() sends the 100 of an INVITE, as its documentation says.',
    kamailio: ['> 180 Ringing | 1 INVITE | tagged | ', '> 486 Busy | 1 INVITE | tagged | '],
    evapid: [
      '> 100 trying -- your call is important to us | 1 INVITE | not tagged | ',
      '> 180 Ringing | 1 INVITE | tagged | ',
      '> 486 Busy | 1 INVITE | tagged | ',
    ],
  },
  'requests: headers': {
    why: 'Blanks around the value of a header line are no part of it (RFC 3261, 7.3.1). Kamailio keeps those behind it.',
    kamailio: [
      '[first] [first] [<null>] [first] [second] [third] [first,second,third]',
      '[a subject ] [phone/1] [<null>] [<null>] [<null>]',
      OK,
    ],
    evapid: [
      '[first] [first] [<null>] [first] [second] [third] [first,second,third]',
      '[a subject] [phone/1] [<null>] [<null>] [<null>]',
      OK,
    ],
  },
  'requests: unknown_method': {
    why: 'A method that nobody knows is answered with 405 before any route runs (RFC 3261, 8.2.1).',
    kamailio: ['FOO', 'not INVITE', 'FOO', '> 200 OK | 1 FOO | tagged | '],
    evapid: [
      '> 405 Method Not Allowed | 1 FOO | tagged | Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, PRACK, SUBSCRIBE, NOTIFY, PUBLISH, INFO, REFER, MESSAGE, UPDATE | ',
    ],
  },
  'requests: maxfwd': {
    why: 'Nothing is sent on: Max-Forwards is counted beside the request, which stays as it came.',
    kamailio: ['1 69', OK],
    evapid: ['1 70', OK],
  },
  'requests: t_functions_without_a_transaction': {
    why: 't_release() is false when there is no transaction, as t_reply() and the others are.',
    kamailio: ['release 1', 'lookup -1', 'check -1', 'not set', 'set', OK],
    evapid: ['release -1', 'lookup -1', 'check -1', 'not set', 'set', OK],
  },
}
