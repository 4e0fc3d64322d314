// Messages that are hard to read: each has the difficulty of one of RFC 4475's, in words, names and addresses of our own. Valid ones
// come with what is to be read in them, the others with what a server is to say to them.

/** What is to be read in a valid request. */
export interface Reading {
  readonly method: string
  readonly uri: string
  readonly viaHost?: string
  readonly viaPort?: number
  readonly branch?: string
  readonly vias?: number
  readonly from?: string
  readonly fromDisplay?: string
  readonly fromTag?: string
  readonly to?: string
  readonly toTag?: string
  readonly callId?: string
  readonly cseq?: number
  readonly contact?: string
  readonly maxForwards?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface TortureCase {
  readonly name: string
  /** Of RFC 4475. */
  readonly section: string
  readonly text: string
  /** A valid request. */
  readonly reads?: Reading
  /** The code of the reply it deserves; 0: it is dropped. */
  readonly refused?: number
  /** A valid reply; its code. */
  readonly reply?: number
  /** Bytes that are no part of the message may follow it. */
  readonly trailing?: boolean
}

const CRLF = '\r\n'
const message = (lines: readonly string[], body = '') => lines.join(CRLF) + CRLF + CRLF + body

const VIA = 'Via: SIP/2.0/UDP hafen.example.org:5070;branch=z9hG4bKtort'
const FROM = 'From: "Ida" <sip:ida@hafen.example.org>;tag=t-1'
const TO = 'To: <sip:otto@insel.example.org>'
const CALL_ID = 'Call-ID: tort-1@hafen.example.org'
const CONTACT = 'Contact: <sip:ida@203.0.113.9>'

/** An INVITE of the usual headers, with some replaced (by name) or left out (''), and others added. */
function invite(changes: Readonly<Record<string, string>>, extra: readonly string[] = [], body = ''): string {
  const usual: Readonly<Record<string, string>> = {
    line: 'INVITE sip:otto@insel.example.org SIP/2.0',
    via: VIA,
    from: FROM,
    to: TO,
    callId: CALL_ID,
    cseq: 'CSeq: 7 INVITE',
    maxForwards: 'Max-Forwards: 68',
    contact: CONTACT,
    length: `Content-Length: ${body.length}`,
  }
  const lines = Object.entries({ ...usual, ...changes }).map(([, line]) => line)
  return message([...lines.filter((line) => line !== ''), ...extra], body)
}

const LONG = 'lang'.repeat(300)

export const TORTURE: readonly TortureCase[] = [
  // 3.1.1: valid
  {
    name: 'short, folded, compact and spaced wherever that is allowed',
    section: '3.1.1.1',
    text: message(
      [
        'INVITE sip:otto@insel.example.org;unbekannt SIP/2.0',
        'TO :',
        ' sip:otto@insel.example.org ;   tag    = k-77',
        'from   : "I \\\\\\"da\\""       <sip:ida@hafen.example.org>',
        '  ;',
        '  tag = 98-x',
        'MaX-fOrWaRdS: 0068',
        'Call-ID: kurz.zk@203.0.113.9',
        'Content-Length   : 3',
        'cseq: 0009',
        '  INVITE',
        'Via  : SIP  /   2.0',
        ' /UDP',
        '    203.0.113.9;branch=39-y',
        's :',
        'NewFangledHeader:   neuer Wert',
        ' und noch einer',
        'UnknownHeaderWithUnusualValue: ;;,,;;,;',
        'Route:',
        ' <sip:haus.example.org;unbekannt=mit;unbekannt;param>',
        'v:  SIP  / 2.0  / TCP     spindel.example.org   ;',
        '  branch  =   z9hG4bK9zz8  ,',
        ' SIP  /    2.0   / UDP  198.51.100.3   ; branch=',
        ' z9hG4bK30-9',
        'm:"Zitat \\"\\"" <sip:ida@hafen.example.org> ; neu =',
        '      wert ;',
        '  zweiter ; q = 0.33',
      ],
      'abc',
    ),
    reads: {
      method: 'INVITE',
      uri: 'sip:otto@insel.example.org;unbekannt',
      viaHost: '203.0.113.9',
      branch: '39-y',
      vias: 3,
      from: 'sip:ida@hafen.example.org',
      fromDisplay: 'I \\"da"',
      fromTag: '98-x',
      to: 'sip:otto@insel.example.org',
      toTag: 'k-77',
      callId: 'kurz.zk@203.0.113.9',
      cseq: 9,
      maxForwards: 68,
      contact: 'sip:ida@hafen.example.org',
      headers: {
        newfangledheader: 'neuer Wert und noch einer',
        subject: '',
        unknownheaderwithunusualvalue: ';;,,;;,;',
        route: '<sip:haus.example.org;unbekannt=mit;unbekannt;param>',
      },
      body: 'abc',
    },
  },
  {
    name: 'every character that a token, a user and a header value may have',
    section: '3.1.1.2',
    text: message([
      "!sehr-Eigen0123456789_*+`.%ganz'~ sip:1_eigen.URI~(nicht-wahr!doch)&ist's+so$/toll?,/;;*:&er+hat=1,pas$wort~_zu.(lang)@insel.example.org SIP/2.0",
      "Via: SIP/2.0/UDP host1.example.org;branch=z9hG4bK-.!%66*_+`'~",
      'To: "BEL:\\\u0007 NUL:\\\u007f" <sip:1_eigen.URI~(nicht-wahr!doch)@insel.example.org>',
      "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.org>;fromParam''~+*_!.-%=\"\u00d1\u0080\";tag=_token~1'+`*%!-.",
      "Call-ID: eigen.%ZK*+`!'~(-_)<>?[]{}/.@word%ZK<>",
      "CSeq: 139122385 !sehr-Eigen0123456789_*+`.%ganz'~",
      'Max-Forwards: 255',
      "eigen-Header-~`'!+_*%.: \u00e4\u00ff\u0001 und mehr",
      'Content-Length: 0',
    ]),
    reads: {
      method: "!sehr-Eigen0123456789_*+`.%ganz'~",
      uri: "sip:1_eigen.URI~(nicht-wahr!doch)&ist's+so$/toll?,/;;*:&er+hat=1,pas$wort~_zu.(lang)@insel.example.org",
      viaHost: 'host1.example.org',
      branch: "z9hG4bK-.!%66*_+`'~",
      from: 'sip:mundane@example.org',
      fromDisplay: "token1~` token2'+_ token3*%!.-",
      fromTag: "_token~1'+`*%!-.",
      callId: "eigen.%ZK*+`!'~(-_)<>?[]{}/.@word%ZK<>",
      cseq: 139122385,
      maxForwards: 255,
      headers: { "eigen-header-~`'!+_*%.": '\u00e4\u00ff\u0001 und mehr' },
    },
  },
  {
    name: 'escapes in URIs, of at signs and colons too',
    section: '3.1.1.3',
    text: message([
      'INVITE sip:sips%3Aotto%40insel.example.org@tor.example.net SIP/2.0',
      'To: sip:%6ftto@insel.example.org',
      'From: <sip:I%20da@hafen.example.org>;tag=9-8',
      'Max-Forwards: 87',
      'i: esc.1',
      'CSeq: 23 INVITE',
      VIA,
      'Content-Length: 0',
      'C: text/plain',
      'Contact: <sip:rufer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>',
    ]),
    reads: {
      method: 'INVITE',
      uri: 'sip:sips%3Aotto%40insel.example.org@tor.example.net',
      to: 'sip:%6ftto@insel.example.org',
      contact: 'sip:rufer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31',
      headers: { 'content-type': 'text/plain' },
    },
  },
  {
    name: 'escaped NULs in URIs',
    section: '3.1.1.4',
    text: message([
      'REGISTER sip:insel.example.org SIP/2.0',
      'To: sip:null-%00-null@insel.example.org',
      'From: sip:null-%00-null@insel.example.org;tag=8-9',
      'Max-Forwards: 70',
      'Call-ID: nul.1',
      'CSeq: 14 REGISTER',
      VIA,
      'Contact: <sip:%00@host5.example.net>',
      'Contact: <sip:%00%00@host5.example.net>',
      'L:0',
    ]),
    reads: {
      method: 'REGISTER',
      uri: 'sip:insel.example.org',
      from: 'sip:null-%00-null@insel.example.org',
      fromTag: '8-9',
      contact: 'sip:%00@host5.example.net',
    },
  },
  {
    name: 'percent signs where they escape nothing',
    section: '3.1.1.5',
    text: message([
      'RE%47IST%45R sip:insel.example.org SIP/2.0',
      'To: "%Z%45" <sip:otto@insel.example.org>',
      'From: "%Z%45" <sip:otto@insel.example.org>;tag=f-2',
      'Max-Forwards: 70',
      'Call-ID: pct.1',
      'CSeq: 29344 RE%47IST%45R',
      VIA,
      'Contact: <sip:alias1@host1.example.org>',
      'C%6Fntact: <sip:alias2@host2.example.org>',
      'l: 0',
    ]),
    reads: {
      method: 'RE%47IST%45R',
      uri: 'sip:insel.example.org',
      fromDisplay: '%Z%45',
      contact: 'sip:alias1@host1.example.org',
      headers: { 'c%6fntact': '<sip:alias2@host2.example.org>' },
    },
  },
  {
    name: 'no space between a display name and its bracket',
    section: '3.1.1.6',
    text: invite({ from: 'From: rufer<sip:rufer@hafen.example.org>;tag=323' }),
    reads: {
      method: 'INVITE',
      uri: 'sip:otto@insel.example.org',
      fromDisplay: 'rufer',
      from: 'sip:rufer@hafen.example.org',
      fromTag: '323',
    },
  },
  {
    name: 'long values everywhere',
    section: '3.1.1.7',
    text: message([
      `INVITE sip:otto@insel.example.org SIP/2.0`,
      `To: "Ich habe einen ${LONG} Namen" <sip:otto@insel.example.org:6000;unknownparam1=${LONG};${LONG}=wert;${LONG}>`,
      `F: sip:${LONG}@hafen.example.org;tag=${LONG};${LONG}=${LONG}`,
      `Call-ID: ${LONG}-ende`,
      'CSeq: 3882340 INVITE',
      `Unknown-${LONG}-Name: unbekannter-${LONG}-Wert; mit=${LONG}`,
      ...Array.from({ length: 34 }, (_, i) => `Via: SIP/2.0/TCP sip${33 - i}.example.org`),
      `v: SIP/2.0/TCP host.example.org;received=192.0.2.5;branch=very${LONG}branchvalue`,
      'Max-Forwards: 70',
      'Content-Length: 0',
    ]),
    reads: {
      method: 'INVITE',
      uri: 'sip:otto@insel.example.org',
      viaHost: 'sip33.example.org',
      branch: '',
      vias: 35,
      from: `sip:${LONG}@hafen.example.org`,
      fromTag: LONG,
      callId: `${LONG}-ende`,
    },
  },
  {
    name: 'octets behind the body of a datagram',
    section: '3.1.1.8',
    text: `${message([
      'REGISTER sip:insel.example.org SIP/2.0',
      'To: sip:otto@insel.example.org',
      'From: sip:otto@insel.example.org;tag=43',
      'Max-Forwards: 70',
      'Call-ID: dblreq.1',
      'CSeq: 8 REGISTER',
      VIA,
      'Content-Length: 0',
      'Contact: sip:otto@192.0.2.125',
    ])}INVITE sip:otto@insel.example.org SIP/2.0\r\nt: sip:otto@insel.example.org\r\n\r\n`,
    reads: {
      method: 'REGISTER',
      uri: 'sip:insel.example.org',
      contact: 'sip:otto@192.0.2.125',
      body: '',
    },
    trailing: true,
  },
  {
    name: 'semicolons in the user part of a URI',
    section: '3.1.1.9',
    text: message([
      'OPTIONS sip:user;par=u%40insel.example.org@tor.example.net SIP/2.0',
      'To: sip:j_user@insel.example.org',
      'From: sip:rufer@hafen.example.org;tag=33',
      'Max-Forwards: 3',
      'Call-ID: semi.1',
      'CSeq: 8 OPTIONS',
      'Accept: application/sdp, text/plain,',
      '   application/pkcs7-mime',
      VIA,
      'Content-Length: 0',
    ]),
    reads: {
      method: 'OPTIONS',
      uri: 'sip:user;par=u%40insel.example.org@tor.example.net',
      headers: { accept: 'application/sdp, text/plain, application/pkcs7-mime' },
    },
  },
  {
    name: 'transports that nobody has heard of',
    section: '3.1.1.10',
    text: message([
      'OPTIONS sip:otto@insel.example.org SIP/2.0',
      'To: sip:otto@insel.example.org',
      'From: <sip:rufer@hafen.example.org>;tag=323',
      'Max-Forwards: 70',
      'Call-ID: transports.1',
      'CSeq: 60 OPTIONS',
      'Via: SIP/2.0/TAUBE t1.example.org;branch=z9hG4bKzeb',
      'Via: SIP/2.0/SCTP t2.example.org;branch=z9hG4bKzeb1',
      'Via: SIP/2.0/TLS t3.example.org;branch=z9hG4bKzeb2',
      'l: 0',
    ]),
    reads: { method: 'OPTIONS', uri: 'sip:otto@insel.example.org', viaHost: 't1.example.org', vias: 3 },
  },
  {
    name: 'a body of several parts, one of them binary',
    section: '3.1.1.11',
    text: invite(
      {},
      ['Content-Type: multipart/mixed;boundary=naht'],
      '--naht\r\nContent-Type: text/plain\r\n\r\nhallo\r\n--naht\r\n\r\n\x00\xff\r\n\r\nVia: x\r\n--naht--\r\n',
    ),
    reads: {
      method: 'INVITE',
      uri: 'sip:otto@insel.example.org',
      vias: 1,
      headers: { 'content-type': 'multipart/mixed;boundary=naht' },
      body: '--naht\r\nContent-Type: text/plain\r\n\r\nhallo\r\n--naht\r\n\r\n\x00\xff\r\n\r\nVia: x\r\n--naht--\r\n',
    },
  },
  {
    name: 'a reply with an unusual reason phrase',
    section: '3.1.1.12',
    text: message([
      'SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe sto devyanosto devyat - prostoye',
      VIA,
      FROM,
      'To: <sip:otto@insel.example.org>;tag=9',
      CALL_ID,
      'CSeq: 35 INVITE',
      'Content-Length: 0',
    ]),
    reply: 200,
  },
  {
    name: 'a reply without a reason phrase',
    section: '3.1.1.13',
    text: message(['SIP/2.0 100 ', VIA, FROM, TO, CALL_ID, 'CSeq: 35 INVITE', 'Content-Length: 0']),
    reply: 100,
  },

  // 3.1.2: invalid
  {
    name: 'separators with nothing between them, in Contact',
    section: '3.1.2.1',
    text: invite({ contact: 'Contact: "Ida" <sip:ida@hafen.example.org>;;;;,,;,;,,;' }),
    refused: 400,
  },
  {
    name: 'separators with nothing between them, in the Via that an answer would need',
    section: '3.1.2.1',
    text: invite({ via: 'Via: SIP/2.0/UDP 203.0.113.9;;,;,,' }),
    refused: 0,
  },
  {
    name: 'a Content-Length larger than the datagram',
    section: '3.1.2.2',
    text: invite({ length: 'Content-Length: 9999' }, [], 'kurz'),
    refused: 400,
  },
  {
    name: 'a negative Content-Length',
    section: '3.1.2.3',
    text: invite({ length: 'Content-Length: -999' }, [], 'kurz'),
    refused: 400,
  },
  {
    name: 'a CSeq number that 32 bits do not hold',
    section: '3.1.2.4',
    text: invite({ cseq: 'CSeq: 36893488147419103232 INVITE' }),
    refused: 400,
  },
  {
    name: 'a CSeq number one above the largest',
    section: '3.1.2.4',
    text: invite({ cseq: 'CSeq: 2147483648 INVITE' }),
    refused: 400,
  },
  {
    name: 'Max-Forwards above 255',
    section: '3.1.2.4',
    text: invite({ maxForwards: 'Max-Forwards: 300' }),
    refused: 400,
  },
  {
    name: 'a reply whose numbers are too large belongs to nothing',
    section: '3.1.2.5',
    text: message([
      'SIP/2.0 503 Nichts geht',
      VIA,
      FROM,
      TO,
      CALL_ID,
      'CSeq: 9292394834772304023312 OPTIONS',
      'Retry-After: 949302838503028349304023988',
      'Content-Length: 0',
    ]),
    reply: 503,
  },
  {
    name: 'a quoted string that does not end',
    section: '3.1.2.6',
    text: invite({ to: 'To: "Herr O. <sip:otto@insel.example.org>' }),
    refused: 400,
  },
  {
    name: 'a Request-URI in angle brackets',
    section: '3.1.2.7',
    text: invite({ line: 'INVITE <sip:otto@insel.example.org> SIP/2.0' }),
    refused: 400,
  },
  {
    name: 'a space in the Request-URI',
    section: '3.1.2.8',
    text: invite({ line: 'INVITE sip:otto@insel.example.org; lr SIP/2.0' }),
    refused: 400,
  },
  {
    name: 'several spaces between the parts of the request line',
    section: '3.1.2.9',
    text: invite({ line: 'INVITE  sip:otto@insel.example.org  SIP/2.0' }),
    refused: 400,
  },
  {
    name: 'spaces at the end of the request line',
    section: '3.1.2.10',
    text: invite({ line: 'INVITE sip:otto@insel.example.org SIP/2.0  ' }),
    refused: 400,
  },
  {
    name: 'headers in the Request-URI',
    section: '3.1.2.11',
    text: invite({ line: 'INVITE sip:otto@insel.example.org?Route=%3Csip:haus.example.org%3E SIP/2.0' }),
    refused: 400,
  },
  {
    name: 'a Date in another zone, which nobody needs here',
    section: '3.1.2.12',
    text: invite({}, ['Date: Fri, 01 Jan 2027 16:00:00 EST']),
    reads: {
      method: 'INVITE',
      uri: 'sip:otto@insel.example.org',
      headers: { date: 'Fri, 01 Jan 2027 16:00:00 EST' },
    },
  },
  {
    name: 'a Contact with headers and without brackets',
    section: '3.1.2.13',
    text: invite({ contact: 'Contact: sip:ida@hafen.example.org?Route=%3Csip:haus.example.org%3E' }),
    refused: 400,
  },
  {
    name: 'spaces within an address',
    section: '3.1.2.14',
    text: invite({ to: 'To: "Otto" < sip:otto@insel.example.org >' }),
    refused: 400,
  },
  {
    name: 'a comma in an unquoted display name',
    section: '3.1.2.15',
    text: invite({ from: 'From: Lot, Ida <sip:ida@hafen.example.org>;tag=43' }),
    refused: 400,
  },
  {
    name: 'a version that nobody knows',
    section: '3.1.2.16',
    text: message([
      'OPTIONS sip:otto@insel.example.org SIP/7.0',
      'Via: SIP/7.0/UDP hafen.example.org;branch=z9hG4bKv7',
      FROM,
      TO,
      CALL_ID,
      'CSeq: 1 OPTIONS',
      'Max-Forwards: 70',
      'Content-Length: 0',
    ]),
    refused: 505,
  },
  {
    name: 'a CSeq of another method',
    section: '3.1.2.17',
    text: invite({ line: 'OPTIONS sip:otto@insel.example.org SIP/2.0' }),
    refused: 400,
  },
  {
    name: 'a CSeq of another method than the unknown one',
    section: '3.1.2.18',
    text: invite({ line: 'NEUEMETHODE sip:otto@insel.example.org SIP/2.0' }),
    refused: 400,
  },
  {
    name: 'a reply code of more than three digits',
    section: '3.1.2.19',
    text: message([
      'SIP/2.0 4294967301 besser nicht',
      VIA,
      FROM,
      TO,
      CALL_ID,
      'CSeq: 1 INVITE',
      'Content-Length: 0',
    ]),
    refused: 0,
  },

  // 3.2, 3.3, 3.4: transactions, applications, old clients
  {
    name: 'a branch that is nothing but the magic cookie',
    section: '3.2.1',
    text: message([
      'OPTIONS sip:otto@insel.example.org SIP/2.0',
      'Via: SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK',
      FROM,
      TO,
      CALL_ID,
      'CSeq: 1 OPTIONS',
      'Max-Forwards: 70',
      'l: 0',
    ]),
    reads: { method: 'OPTIONS', uri: 'sip:otto@insel.example.org', branch: 'z9hG4bK' },
  },
  { name: 'no Call-ID', section: '3.3.1', text: invite({ callId: '' }), refused: 400 },
  { name: 'no From', section: '3.3.1', text: invite({ from: '' }), refused: 400 },
  { name: 'no To', section: '3.3.1', text: invite({ to: '' }), refused: 400 },
  { name: 'no CSeq', section: '3.3.1', text: invite({ cseq: '' }), refused: 400 },
  { name: 'no Via', section: '3.3.1', text: invite({ via: '' }), refused: 0 },
  {
    name: 'a Request-URI of an unknown scheme, which the routes may know',
    section: '3.3.2',
    text: invite({ line: 'INVITE niegehoert:vollkommen-fremd SIP/2.0' }),
    reads: { method: 'INVITE', uri: 'niegehoert:vollkommen-fremd' },
  },
  {
    name: 'a Request-URI of a known scheme that is not SIP',
    section: '3.3.3',
    text: invite({ line: 'INVITE soap.beep://203.0.113.103:3002 SIP/2.0' }),
    reads: { method: 'INVITE', uri: 'soap.beep://203.0.113.103:3002' },
  },
  {
    name: 'other schemes in To, From and Contact',
    section: '3.3.4',
    text: invite({
      to: 'To: isbn:2983792873',
      from: 'From: <http://www.example.org>;tag=3-2',
      contact: 'Contact: <name:ida_lot>',
    }),
    reads: {
      method: 'INVITE',
      uri: 'sip:otto@insel.example.org',
      to: 'isbn:2983792873',
      from: 'http://www.example.org',
      fromTag: '3-2',
      contact: 'name:ida_lot',
    },
  },
  {
    name: 'extensions that are required: for the routes to see',
    section: '3.3.5',
    text: invite({}, ['Require: nichts, garnichts', 'Proxy-Require: nie']),
    reads: {
      method: 'INVITE',
      uri: 'sip:otto@insel.example.org',
      headers: { require: 'nichts, garnichts', 'proxy-require': 'nie' },
    },
  },
  {
    name: 'a body of an unknown type',
    section: '3.3.6',
    text: invite({}, ['Content-Type: application/nie-gesehen'], '<audio>\r\n</audio>'),
    reads: { method: 'INVITE', uri: 'sip:otto@insel.example.org', body: '<audio>\r\n</audio>' },
  },
  {
    name: 'an unknown authorization scheme',
    section: '3.3.7',
    text: invite({}, ['Authorization: Fremd opaque-data="hier", noch=mehr']),
    reads: { method: 'INVITE', uri: 'sip:otto@insel.example.org' },
  },
  {
    name: 'two From headers',
    section: '3.3.8',
    text: invite({}, ['From: <sip:eva@hafen.example.org>;tag=zwei']),
    refused: 400,
  },
  { name: 'two CSeq headers', section: '3.3.8', text: invite({}, ['CSeq: 8 INVITE']), refused: 400 },
  {
    name: 'two Call-IDs, one compact',
    section: '3.3.8',
    text: invite({}, ['i: anders@example.org']),
    refused: 400,
  },
  {
    name: 'two To headers',
    section: '3.3.8',
    text: invite({}, ['t: <sip:eva@insel.example.org>']),
    refused: 400,
  },
  { name: 'two Max-Forwards', section: '3.3.8', text: invite({}, ['Max-Forwards: 5']), refused: 400 },
  {
    name: 'two Content-Lengths',
    section: '3.3.9',
    text: invite({ length: 'Content-Length: 8' }, ['Content-Length: 5'], 'acht Zei'),
    refused: 400,
  },
  {
    name: 'a reply whose second Via is a broadcast address',
    section: '3.3.10',
    text: message([
      'SIP/2.0 200 OK',
      VIA,
      'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23',
      FROM,
      TO,
      CALL_ID,
      'CSeq: 1 INVITE',
      'Content-Length: 0',
    ]),
    reply: 200,
  },
  {
    name: 'Max-Forwards of 0, which only a proxy minds',
    section: '3.3.11',
    text: invite({ maxForwards: 'Max-Forwards: 0' }),
    reads: { method: 'INVITE', uri: 'sip:otto@insel.example.org', maxForwards: 0 },
  },
  {
    name: 'a parameter of a Contact header',
    section: '3.3.12',
    text: message([
      'REGISTER sip:insel.example.org SIP/2.0',
      VIA,
      FROM,
      TO,
      CALL_ID,
      'CSeq: 8 REGISTER',
      'Max-Forwards: 70',
      'Contact: sip:+19725552222@gw1.example.net;unknownparam',
      'Content-Length: 0',
    ]),
    reads: {
      method: 'REGISTER',
      uri: 'sip:insel.example.org',
      contact: 'sip:+19725552222@gw1.example.net',
    },
  },
  {
    name: 'a parameter of the URI in a Contact',
    section: '3.3.13',
    text: message([
      'REGISTER sip:insel.example.org SIP/2.0',
      VIA,
      FROM,
      TO,
      CALL_ID,
      'CSeq: 8 REGISTER',
      'Max-Forwards: 70',
      'Contact: <sip:+19725552222@gw1.example.net;unknownparam>',
      'Content-Length: 0',
    ]),
    reads: {
      method: 'REGISTER',
      uri: 'sip:insel.example.org',
      contact: 'sip:+19725552222@gw1.example.net;unknownparam',
    },
  },
  {
    name: 'headers in the URI of a Contact, in brackets',
    section: '3.3.14',
    text: message([
      'REGISTER sip:insel.example.org SIP/2.0',
      VIA,
      FROM,
      TO,
      CALL_ID,
      'CSeq: 8 REGISTER',
      'Max-Forwards: 70',
      'Contact: <sip:ida@insel.example.org?Route=%3Csip:haus.example.org%3E>',
      'Content-Length: 0',
    ]),
    reads: {
      method: 'REGISTER',
      uri: 'sip:insel.example.org',
      contact: 'sip:ida@insel.example.org?Route=%3Csip:haus.example.org%3E',
    },
  },
  {
    name: 'an Accept that nobody can satisfy',
    section: '3.3.15',
    text: invite({}, ['Accept: text/nobodyKnowsThis']),
    reads: {
      method: 'INVITE',
      uri: 'sip:otto@insel.example.org',
      headers: { accept: 'text/nobodyKnowsThis' },
    },
  },
  {
    name: 'a client of the old days: no branch, no tag, no Max-Forwards',
    section: '3.4.1',
    text: message([
      'INVITE sip:otto@insel.example.org SIP/2.0',
      'Via: SIP/2.0/UDP alt.example.org',
      'From: sip:ida@hafen.example.org',
      'To: sip:otto@insel.example.org',
      'Call-ID: alt.1@alt.example.org',
      'CSeq: 1 INVITE',
      'Contact: <sip:ida@alt.example.org>',
    ]),
    reads: {
      method: 'INVITE',
      uri: 'sip:otto@insel.example.org',
      viaHost: 'alt.example.org',
      branch: '',
      fromTag: '',
    },
  },
]
