// The conformance scenarios: what clients do, and what every one of them and the routes must then have seen. Most have
// one outcome, which both Kamailio 5.6.3 with evapi and evapid must come to. Where evapid differs on purpose (the
// *differs* notes of its documentation), the scenario has two outcomes and says why, and both are asserted.
//
// In an outcome text is latin1, one character a byte. `A#1` is client A with connection index 1 (the conductor, whom
// the stage hides, is 0), `portA` stands for A's port, an indented line is a step of a route with what it returned.
import { netstring } from '../support/wire-client.ts'
import { run } from './route-steps.ts'
import type { BusSettings } from './server-under-test.ts'
import type { Outcome, Stage } from './stage.ts'
import { brief } from './trace.ts'

interface Play {
  readonly name: string
  readonly settings?: Partial<BusSettings>
  /** The conductor stays away until the scenario has played: nobody else is connected. */
  readonly alone?: true
  play(stage: Stage): Promise<void>
}
interface Agreement extends Play {
  readonly outcome: Outcome
}
interface Difference extends Play {
  /** Why evapid does not do what Kamailio does. */
  readonly differs: string
  readonly kamailio: Outcome
  readonly evapid: Outcome
}
export type Scenario = Agreement | Difference

const text = (message: string): string => netstring(message).toString('latin1')

/** Every byte value but those a Kamailio string cannot hold. */
const BYTES = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)).toString('latin1')

/** Bad input in the middle of a read, with a good frame on either side, and a good frame in the next read. */
const aroundBadFrame =
  (bad: string) =>
  async (stage: Stage): Promise<void> => {
    const a = await stage.connect('A')
    await stage.connect('B')
    await stage.writeApart(a, `6:before,${bad}5:after,`)
    await stage.writeApart(a, '4:next,')
  }

/** What aroundBadFrame comes to: the read is thrown away, the client is closed, or the rest is taken for a payload. */
const BAD_FRAME = {
  discarded: {
    received: { A: '6:before,4:next,', B: '6:before,4:next,' },
    closed: [],
    routes: ['new A#1', 'new B#2', 'message A#1 before', 'message A#1 next'],
  },
  closed: {
    received: { A: '6:before,', B: '6:before,' },
    closed: ['A'],
    routes: ['new A#1', 'new B#2', 'message A#1 before', 'closed A#1'],
  },
  awaited: {
    received: { A: '6:before,', B: '6:before,' },
    closed: [],
    routes: ['new A#1', 'new B#2', 'message A#1 before'],
  },
} satisfies Readonly<Record<string, Outcome>>

const NUMBERED = Array.from({ length: 200 }, (_, index) => `message ${index}`)
const LONG = Array.from({ length: 40 }, (_, index) => String(index).padStart(1000, '.'))
const UTF8 = Buffer.from('žluťoučký kůň 🐎').toString('latin1')
const MANY = Array.from({ length: 200 }, (_, index) => `client${index}`)

export const scenarios: readonly Scenario[] = [
  // Frames

  {
    name: 'a frame is one message, and reaches every client, its sender included',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.write('5:hello,')
    },
    outcome: {
      received: { A: '5:hello,', B: '5:hello,' },
      closed: [],
      routes: ['new A#1', 'new B#2', 'message A#1 hello'],
    },
  },
  {
    name: 'two frames in one write are two messages',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.write('5:Hello,3:abc,')
    },
    outcome: {
      received: { A: '5:Hello,3:abc,' },
      closed: [],
      routes: ['new A#1', 'message A#1 Hello', 'message A#1 abc'],
    },
  },
  {
    name: 'two hundred frames in one write keep their order',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send(...NUMBERED)
      await stage.seen('message', 200)
    },
    outcome: {
      received: { A: brief(NUMBERED.map(text).join('')), B: brief(NUMBERED.map(text).join('')) },
      closed: [],
      routes: ['new A#1', 'new B#2', ...NUMBERED.map((message) => `message A#1 ${message}`)],
    },
  },
  {
    name: 'space, tab, CR and LF before a frame are skipped',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, ' \t\r\n5:hello,')
      await stage.writeApart(a, '5:hello,\r\n3:abc,\n')
      await stage.writeApart(a, '\r\n')
      await stage.writeApart(a, '4:last,')
    },
    outcome: {
      received: { A: '5:hello,5:hello,3:abc,4:last,' },
      closed: [],
      routes: ['new A#1', 'message A#1 hello', 'message A#1 hello', 'message A#1 abc', 'message A#1 last'],
    },
  },
  {
    name: 'whitespace inside a payload is payload',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.write('8: \t\r\nabc ,')
    },
    outcome: {
      received: { A: '8: \t\r\nabc ,' },
      closed: [],
      routes: ['new A#1', 'message A#1  \t\r\nabc '],
    },
  },
  {
    name: 'a length with leading zeros is taken, and relayed in its shortest form',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, '005:hello,', '000000003:abc,')
    },
    outcome: {
      received: { A: '5:hello,3:abc,' },
      closed: [],
      routes: ['new A#1', 'message A#1 hello', 'message A#1 abc'],
    },
  },
  {
    name: 'a length of ten digits, zeros mostly',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, '0000000003:abc,', '4:next,')
    },
    differs: 'More than nine digits are bad input to evapid, whatever they are.',
    kamailio: {
      received: { A: '3:abc,4:next,' },
      closed: [],
      routes: ['new A#1', 'message A#1 abc', 'message A#1 next'],
    },
    evapid: { received: { A: '' }, closed: ['A'], routes: ['new A#1', 'closed A#1'] },
  },
  {
    name: 'a payload may look like frames',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.write('16:5:hello,3:abc,1:,')
      await a.send(',', ':', '5:', '1:2:3:,,,')
    },
    outcome: {
      received: { A: '16:5:hello,3:abc,1:,1:,,1::,2:5:,9:1:2:3:,,,,' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 5:hello,3:abc,1:',
        'message A#1 ,',
        'message A#1 :',
        'message A#1 5:',
        'message A#1 1:2:3:,,,',
      ],
    },
  },
  {
    name: 'a payload is not a template',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send('$evapi(conidx) $$ $(evapi(msg)) %s %d \\n {s.len}')
    },
    outcome: {
      received: { A: '48:$evapi(conidx) $$ $(evapi(msg)) %s %d \\n {s.len},' },
      closed: [],
      routes: ['new A#1', 'message A#1 $evapi(conidx) $$ $(evapi(msg)) %s %d \\n {s.len}'],
    },
  },
  {
    name: 'every byte value but NUL passes',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send(BYTES)
    },
    outcome: { received: { A: text(BYTES) }, closed: [], routes: ['new A#1', `message A#1 ${BYTES}`] },
  },
  {
    name: 'UTF-8 is counted in bytes',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send(UTF8)
    },
    outcome: { received: { A: text(UTF8) }, closed: [], routes: ['new A#1', `message A#1 ${UTF8}`] },
  },
  {
    name: 'a NUL in a payload',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send('abc\0def', 'next', '\0')
      await stage.settle()
      await a.send('last')
    },
    differs: 'Kamailio relays a payload up to its first NUL, under a header that still counts the rest.',
    kamailio: {
      received: { A: '7:abc,4:next,1:,4:last,' },
      closed: [],
      routes: ['new A#1', 'message A#1 abc\0def', 'message A#1 next', 'message A#1 \0', 'message A#1 last'],
    },
    evapid: {
      received: { A: '7:abc\0def,4:next,1:\0,4:last,' },
      closed: [],
      routes: ['new A#1', 'message A#1 abc\0def', 'message A#1 next', 'message A#1 \0', 'message A#1 last'],
    },
  },
  {
    name: 'an empty message, and frames around it in the same read',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, '6:before,0:,5:after,')
      await stage.writeApart(a, '4:next,')
    },
    differs: 'Kamailio throws the rest of the read away; to evapid an empty message is a message.',
    kamailio: {
      received: { A: '6:before,4:next,' },
      closed: [],
      routes: ['new A#1', 'message A#1 before', 'message A#1 next'],
    },
    evapid: {
      received: { A: '6:before,5:after,4:next,' },
      closed: [],
      routes: ['new A#1', 'message A#1 before', 'message A#1 ', 'message A#1 after', 'message A#1 next'],
    },
  },
  {
    name: 'an empty message by itself',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, '0:,')
      await stage.writeApart(a, '4:next,')
    },
    differs: 'Kamailio throws the rest of the read away; to evapid an empty message is a message.',
    kamailio: { received: { A: '4:next,' }, closed: [], routes: ['new A#1', 'message A#1 next'] },
    evapid: {
      received: { A: '4:next,' },
      closed: [],
      routes: ['new A#1', 'message A#1 ', 'message A#1 next'],
    },
  },

  // Pieces

  {
    name: 'a frame cut anywhere in its payload is one message',
    play: async (stage) => {
      const a = await stage.connect('A')
      for (let at = 3; at < 13; at++)
        await stage.writeApart(a, '11:hello world,'.slice(0, at), '11:hello world,'.slice(at))
    },
    outcome: {
      received: {
        A: '11:hello world,11:hello world,11:hello world,11:hello world,11:hello world,11:hello world,11:hello world,11:hello world,11:hello world,11:hello world,',
      },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 hello world',
        'message A#1 hello world',
        'message A#1 hello world',
        'message A#1 hello world',
        'message A#1 hello world',
        'message A#1 hello world',
        'message A#1 hello world',
        'message A#1 hello world',
        'message A#1 hello world',
        'message A#1 hello world',
      ],
    },
  },
  {
    name: 'a frame cut in its length',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, '1', '1:hello world,')
      await stage.writeApart(a, '4:next,')
      await stage.writeApart(a, '11', ':hello world,')
      await stage.writeApart(a, '4:next,')
    },
    differs:
      'Kamailio throws away what it has of a frame when a read ends in its length or before its comma.',
    kamailio: {
      received: { A: '4:next,4:next,' },
      closed: [],
      routes: ['new A#1', 'message A#1 next', 'message A#1 next'],
    },
    evapid: {
      received: { A: '11:hello world,4:next,11:hello world,4:next,' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 hello world',
        'message A#1 next',
        'message A#1 hello world',
        'message A#1 next',
      ],
    },
  },
  {
    name: 'a frame cut before its comma',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, '11:hello world', ',')
      await stage.writeApart(a, '4:next,')
    },
    differs:
      'Kamailio throws away what it has of a frame when a read ends in its length or before its comma.',
    kamailio: { received: { A: '4:next,' }, closed: [], routes: ['new A#1', 'message A#1 next'] },
    evapid: {
      received: { A: '11:hello world,4:next,' },
      closed: [],
      routes: ['new A#1', 'message A#1 hello world', 'message A#1 next'],
    },
  },
  {
    name: 'a frame in pieces of one byte',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, ...'11:hello world,')
      await stage.writeApart(a, '4:next,')
    },
    differs:
      'Kamailio throws away what it has of a frame when a read ends in its length or before its comma.',
    kamailio: { received: { A: '4:next,' }, closed: [], routes: ['new A#1', 'message A#1 next'] },
    evapid: {
      received: { A: '11:hello world,4:next,' },
      closed: [],
      routes: ['new A#1', 'message A#1 hello world', 'message A#1 next'],
    },
  },
  {
    name: 'a read that ends one frame, holds one and begins a third',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, '9:first', ' one,10:second one,9:thi', 'rd one,')
    },
    outcome: {
      received: { A: '9:first one,10:second one,9:third one,' },
      closed: [],
      routes: ['new A#1', 'message A#1 first one', 'message A#1 second one', 'message A#1 third one'],
    },
  },
  {
    name: 'pieces of two clients do not mix',
    play: async (stage) => {
      const a = await stage.connect('A')
      const b = await stage.connect('B')
      await stage.writeApart(a, '6:fr')
      await stage.writeApart(b, '6:of')
      await stage.writeApart(a, 'om a,')
      await stage.writeApart(b, ' b !,')
    },
    outcome: {
      received: { A: '6:from a,6:of b !,', B: '6:from a,6:of b !,' },
      closed: [],
      routes: ['new A#1', 'new B#2', 'message A#1 from a', 'message B#2 of b !'],
    },
  },

  // Size

  {
    name: 'a message of 20,000 bytes',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send('x'.repeat(20_000))
      await stage.seen('message A')
    },
    outcome: {
      received: { A: brief(text('x'.repeat(20_000))), B: brief(text('x'.repeat(20_000))) },
      closed: [],
      routes: ['new A#1', 'new B#2', `message A#1 ${brief('x'.repeat(20_000))}`],
    },
  },
  {
    name: 'a message of 40,000 bytes',
    play: async (stage) => {
      const a = await stage.connect('A')
      const b = await stage.connect('B')
      await a.send('x'.repeat(40_000))
      await Promise.race([a.untilEnd(), b.untilReceived('x,')])
    },
    differs: 'Kamailio holds 32 KiB for a client, and closes one that sends more in a frame.',
    kamailio: { received: { A: '', B: '' }, closed: ['A'], routes: ['new A#1', 'new B#2', 'closed A#1'] },
    evapid: {
      received: { A: brief(text('x'.repeat(40_000))), B: brief(text('x'.repeat(40_000))) },
      closed: [],
      routes: ['new A#1', 'new B#2', `message A#1 ${brief('x'.repeat(40_000))}`],
    },
  },
  {
    name: 'a message of 1 MiB',
    play: async (stage) => {
      const a = await stage.connect('A')
      const b = await stage.connect('B')
      await a.send('x'.repeat(1_048_576))
      await Promise.race([a.untilEnd(), b.untilReceived('x,')])
    },
    differs: 'Kamailio holds 32 KiB for a client, and closes one that sends more in a frame.',
    kamailio: { received: { A: '', B: '' }, closed: ['A'], routes: ['new A#1', 'new B#2', 'closed A#1'] },
    evapid: {
      received: { A: brief(text('x'.repeat(1_048_576))), B: brief(text('x'.repeat(1_048_576))) },
      closed: [],
      routes: ['new A#1', 'new B#2', `message A#1 ${brief('x'.repeat(1_048_576))}`],
    },
  },
  {
    name: 'the header of a message of 1 MiB and a byte',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, '6:before,1048577:')
      await stage.writeApart(a, '4:next,')
    },
    differs: 'Kamailio waits for a message it could never hold; evapid closes at the header.',
    kamailio: { received: { A: '6:before,' }, closed: [], routes: ['new A#1', 'message A#1 before'] },
    evapid: {
      received: { A: '6:before,' },
      closed: ['A'],
      routes: ['new A#1', 'message A#1 before', 'closed A#1'],
    },
  },
  {
    name: 'forty frames of 1,000 bytes in one write',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send(...LONG)
      await stage.settle()
    },
    outcome: {
      received: { A: brief(LONG.map(text).join('')), B: brief(LONG.map(text).join('')) },
      closed: [],
      routes: ['new A#1', 'new B#2', ...LONG.map((message) => `message A#1 ${brief(message)}`)],
    },
  },

  // Bad input

  ...(
    [
      ['garbage instead of a length', 'garbage'],
      ['a colon instead of a length', ':abc,'],
      ['a negative length', '-3:abc,'],
      ['a space behind the length', '3 :abc,'],
      ['no comma behind the payload', '3:abcX'],
      ['a letter in the length', '3x:abc,'],
      ['a comma too many', ','],
    ] as const
  ).flatMap(([what, bad]): Scenario[] => [
    {
      name: `bad input: ${what}`,
      play: aroundBadFrame(bad),
      differs: 'Kamailio throws away what the read held and goes on; evapid closes, unless told to discard.',
      kamailio: BAD_FRAME.discarded,
      evapid: BAD_FRAME.closed,
    },
    {
      name: `bad input, on_bad_frame=discard: ${what}`,
      settings: { onBadFrame: 'discard' },
      play: aroundBadFrame(bad),
      outcome: BAD_FRAME.discarded,
    },
  ]),
  ...(
    [
      ['a length of nine nines', '999999999:'],
      ['a length of 25 digits', '9999999999999999999999999:'],
    ] as const
  ).flatMap(([what, bad]): Scenario[] => [
    {
      name: `bad input: ${what}`,
      play: aroundBadFrame(bad),
      differs: 'Kamailio waits for a message it could never hold; evapid closes at the header.',
      kamailio: BAD_FRAME.awaited,
      evapid: BAD_FRAME.closed,
    },
    {
      name: `bad input, on_bad_frame=discard: ${what}`,
      settings: { onBadFrame: 'discard' },
      play: aroundBadFrame(bad),
      differs: 'Kamailio waits for a message it could never hold; evapid discards the read.',
      kamailio: BAD_FRAME.awaited,
      evapid: BAD_FRAME.discarded,
    },
  ]),

  // Raw mode

  {
    name: 'raw: what one read returns is one message, and goes out bare',
    settings: { netstringFormat: 0 },
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await stage.writeApart(a, 'hello', '5:hello,3:abc,', ' \r\n spaced \n', '7')
    },
    outcome: {
      received: { A: 'hello5:hello,3:abc, \r\n spaced \n7', B: 'hello5:hello,3:abc, \r\n spaced \n7' },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 hello',
        'message A#1 5:hello,3:abc,',
        'message A#1  \r\n spaced \n',
        'message A#1 7',
      ],
    },
  },
  {
    name: 'raw: a NUL',
    settings: { netstringFormat: 0 },
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, 'abc\0def', 'next', '\0', 'last')
    },
    differs: 'Kamailio relays a payload up to its first NUL.',
    kamailio: {
      received: { A: 'abcnextlast' },
      closed: [],
      routes: ['new A#1', 'message A#1 abc\0def', 'message A#1 next', 'message A#1 \0', 'message A#1 last'],
    },
    evapid: {
      received: { A: 'abc\0defnext\0last' },
      closed: [],
      routes: ['new A#1', 'message A#1 abc\0def', 'message A#1 next', 'message A#1 \0', 'message A#1 last'],
    },
  },
  {
    name: 'raw: steps, tags and echo work as they do with frames',
    settings: { netstringFormat: 0 },
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await stage.writeApart(
        a,
        run('tag~x', 'multicast~one~x', 'unicast~two~x', 'relay~three', 'echo~e', 'relay'),
      )
    },
    outcome: {
      received: {
        A: 'onetwothreee 1 127.0.0.1 portA [!tag~x|multicast~one~x|unicast~two~x|relay~three|echo~e|relay]',
        B: 'threee 1 127.0.0.1 portA [!tag~x|multicast~one~x|unicast~two~x|relay~three|echo~e|relay]',
      },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !tag~x|multicast~one~x|unicast~two~x|relay~three|echo~e|relay',
        '  tag true',
        '  multicast true',
        '  unicast true',
        '  relay true',
        '  echo true',
        '  relay false',
      ],
    },
  },
  {
    name: 'raw: evapi_close',
    settings: { netstringFormat: 0 },
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.write(run('relay~one', 'close', 'relay~two'))
      await a.untilEnd()
    },
    differs: 'Kamailio runs no connection-closed after evapi_close.',
    kamailio: {
      received: { A: 'one', B: 'onetwo' },
      closed: ['A'],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !relay~one|close|relay~two',
        '  relay true',
        '  close true',
        '  relay true',
      ],
    },
    evapid: {
      received: { A: 'one', B: 'onetwo' },
      closed: ['A'],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !relay~one|close|relay~two',
        '  relay true',
        '  close true',
        '  relay true',
        'closed A#1',
      ],
    },
  },

  // Relay, multicast, unicast

  {
    name: 'a relay of nothing is false and sends nothing',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send(run('relay', 'relay~', 'mark'))
    },
    outcome: {
      received: { A: '' },
      closed: [],
      routes: ['new A#1', 'message A#1 !relay|relay~|mark', '  relay false', '  relay false', '  mark'],
    },
  },
  {
    name: 'multicast reaches the clients whose tag is the same, byte for byte',
    play: async (stage) => {
      const tags = { A: 'red', B: 'Red', C: 'red ', D: 're', E: 'redd', F: 'red' }
      for (const [name, tag] of Object.entries(tags)) {
        const client = await stage.connect(name)
        await client.send(run(`tag~${tag}`))
        await stage.seen(`message ${name}`)
      }
      await stage.direct('multicast~to red~red')
      await stage.direct('multicast~to Red~Red')
      await stage.direct('multicast~to re~re')
    },
    outcome: {
      received: { A: '6:to red,', B: '6:to Red,', C: '', D: '5:to re,', E: '', F: '6:to red,' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~red',
        '  tag true',
        'new B#2',
        'message B#2 !tag~Red',
        '  tag true',
        'new C#3',
        'message C#3 !tag~red ',
        '  tag true',
        'new D#4',
        'message D#4 !tag~re',
        '  tag true',
        'new E#5',
        'message E#5 !tag~redd',
        '  tag true',
        'new F#6',
        'message F#6 !tag~red',
        '  tag true',
      ],
    },
  },
  {
    name: 'multicast reaches its sender too, and nobody without a tag',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send(run('tag~x', 'multicast~data~x'))
    },
    outcome: {
      received: { A: '4:data,', B: '' },
      closed: [],
      routes: ['new A#1', 'new B#2', 'message A#1 !tag~x|multicast~data~x', '  tag true', '  multicast true'],
    },
  },
  {
    name: 'multicast and unicast of nothing, or to no tag, are false',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send(
        run('tag~x', 'multicast~~x', 'multicast~data', 'unicast~~x', 'unicast~data', 'multicast', 'unicast'),
      )
    },
    outcome: {
      received: { A: '' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~x|multicast~~x|multicast~data|unicast~~x|unicast~data|multicast|unicast',
        '  tag true',
        '  multicast false',
        '  multicast false',
        '  unicast false',
        '  unicast false',
        '  multicast false',
        '  unicast false',
      ],
    },
  },
  {
    name: 'multicast and unicast that match nobody',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send(run('tag~x', 'multicast~data~y', 'unicast~data~y'))
    },
    outcome: {
      received: { A: '' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~x|multicast~data~y|unicast~data~y',
        '  tag true',
        '  multicast false',
        '  unicast false',
      ],
    },
  },
  {
    name: 'unicast reaches the match with the lowest index, whoever was tagged first',
    play: async (stage) => {
      const a = await stage.connect('A')
      const b = await stage.connect('B')
      const c = await stage.connect('C')
      await stage.writeApart(c, text(run('tag~x')))
      await stage.writeApart(b, text(run('tag~x')))
      await stage.direct('unicast~first~x')
      await stage.writeApart(a, text(run('tag~x')))
      await stage.direct('unicast~second~x')
      await stage.disconnect('A')
      await stage.direct('unicast~third~x')
      const d = await stage.connect('D')
      await stage.writeApart(d, text(run('tag~x', 'unicast~fourth~x')))
    },
    outcome: {
      received: { A: '6:second,', B: '5:first,5:third,', C: '', D: '6:fourth,' },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'new C#3',
        'message C#3 !tag~x',
        '  tag true',
        'message B#2 !tag~x',
        '  tag true',
        'message A#1 !tag~x',
        '  tag true',
        'closed A#1',
        'new D#1',
        'message D#1 !tag~x|unicast~fourth~x',
        '  tag true',
        '  unicast true',
      ],
    },
  },
  {
    name: 'a client gets relay, multicast and unicast in the order they were made',
    play: async (stage) => {
      const a = await stage.connect('A')
      const b = await stage.connect('B')
      await stage.connect('C')
      await stage.writeApart(a, text(run('tag~x')))
      await stage.writeApart(b, text(run('tag~x')))
      await a.send(
        run('relay~1', 'unicast~2~x', 'multicast~3~x', 'unicast~4~x', 'relay~5', 'multicast~6~x', 'relay~7'),
        'eight',
        run('unicast~9~x', 'relay~10'),
      )
    },
    outcome: {
      received: {
        A: '1:1,1:2,1:3,1:4,1:5,1:6,1:7,5:eight,1:9,2:10,',
        B: '1:1,1:3,1:5,1:6,1:7,5:eight,2:10,',
        C: '1:1,1:5,1:7,5:eight,2:10,',
      },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'new C#3',
        'message A#1 !tag~x',
        '  tag true',
        'message B#2 !tag~x',
        '  tag true',
        'message A#1 !relay~1|unicast~2~x|multicast~3~x|unicast~4~x|relay~5|multicast~6~x|relay~7',
        '  relay true',
        '  unicast true',
        '  multicast true',
        '  unicast true',
        '  relay true',
        '  multicast true',
        '  relay true',
        'message A#1 eight',
        'message A#1 !unicast~9~x|relay~10',
        '  unicast true',
        '  relay true',
      ],
    },
  },
  {
    name: 'messages of one read are routed in order, their relays between them',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send(
        'one',
        run('relay~two', 'relay~three'),
        'four',
        run('tag~x'),
        run('multicast~five~x'),
        'six',
      )
    },
    outcome: {
      received: { A: '3:one,3:two,5:three,4:four,4:five,3:six,', B: '3:one,3:two,5:three,4:four,3:six,' },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 one',
        'message A#1 !relay~two|relay~three',
        '  relay true',
        '  relay true',
        'message A#1 four',
        'message A#1 !tag~x',
        '  tag true',
        'message A#1 !multicast~five~x',
        '  multicast true',
        'message A#1 six',
      ],
    },
  },

  // Tags

  {
    name: 'a tag replaces the one before it',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send(run('tag~old', 'tag~new', 'multicast~to old~old', 'multicast~to new~new'))
    },
    outcome: {
      received: { A: '6:to new,' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~old|tag~new|multicast~to old~old|multicast~to new~new',
        '  tag true',
        '  tag true',
        '  multicast false',
        '  multicast true',
      ],
    },
  },
  {
    name: 'a tag takes effect for the next message of the same read',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send(run('multicast~one~x'), run('tag~x'), run('multicast~two~x'))
    },
    outcome: {
      received: { A: '3:two,' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !multicast~one~x',
        '  multicast false',
        'message A#1 !tag~x',
        '  tag true',
        'message A#1 !multicast~two~x',
        '  multicast true',
      ],
    },
  },
  {
    name: 'the empty tag clears',
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send(run('tag~x', 'tag~', 'multicast~data~x', 'multicast~data', 'tag~y', 'multicast~more~y'))
    },
    outcome: {
      received: { A: '4:more,' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~x|tag~|multicast~data~x|multicast~data|tag~y|multicast~more~y',
        '  tag true',
        '  tag true',
        '  multicast false',
        '  multicast false',
        '  tag true',
        '  multicast true',
      ],
    },
  },
  {
    name: 'a tag has at most 63 bytes, and a longer one leaves the old one',
    play: async (stage) => {
      const a = await stage.connect('A')
      const long = 'a'.repeat(63)
      await a.send(
        run(
          `tag~${long}`,
          `multicast~1~${long}`,
          `tag~${long}a`,
          `multicast~2~${long}a`,
          `multicast~3~${long}`,
        ),
      )
    },
    outcome: {
      received: { A: '1:1,1:3,' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~aaaaaaa... (366 bytes, sha1 af0c458b3898f7817e315fae59eb4168ff256473)',
        '  tag true',
        '  multicast true',
        '  tag false',
        '  multicast false',
        '  multicast true',
      ],
    },
  },
  {
    name: 'a tag may hold spaces, commas and bytes of any kind',
    play: async (stage) => {
      const a = await stage.connect('A')
      const b = await stage.connect('B')
      await stage.writeApart(a, text(run('tag~a, b: \xff\x01\n')))
      await stage.writeApart(b, text(run('tag~a, b: \xfe\x01\n')))
      await a.send(run('multicast~data~a, b: \xff\x01\n'))
    },
    outcome: {
      received: { A: '4:data,', B: '' },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !tag~a, b: \xff\x01\n',
        '  tag true',
        'message B#2 !tag~a, b: \xfe\x01\n',
        '  tag true',
        'message A#1 !multicast~data~a, b: \xff\x01\n',
        '  multicast true',
      ],
    },
  },
  {
    name: 'the tag of a new client on an old index',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, text(run('tag~x')))
      await stage.disconnect('A')
      const b = await stage.connect('B')
      await b.send(run('multicast~data~x', 'echo~e'))
    },
    differs: 'In Kamailio the new client inherits the tag of the one that had its index.',
    kamailio: {
      received: { A: '', B: '4:data,46:e 1 127.0.0.1 portB [!multicast~data~x|echo~e],' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~x',
        '  tag true',
        'closed A#1',
        'new B#1',
        'message B#1 !multicast~data~x|echo~e',
        '  multicast true',
        '  echo true',
      ],
    },
    evapid: {
      received: { A: '', B: '46:e 1 127.0.0.1 portB [!multicast~data~x|echo~e],' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~x',
        '  tag true',
        'closed A#1',
        'new B#1',
        'message B#1 !multicast~data~x|echo~e',
        '  multicast false',
        '  echo true',
      ],
    },
  },

  // connection-new

  {
    name: 'connection-new: its relay reaches the new client and the others',
    play: async (stage) => {
      await stage.connect('A')
      await stage.onNew('relay~welcome', 'echo~e')
      await stage.connect('B')
    },
    outcome: {
      received: {
        A: '7:welcome,28:e 2 127.0.0.1 portB [<null>],',
        B: '7:welcome,28:e 2 127.0.0.1 portB [<null>],',
      },
      closed: [],
      routes: ['new A#1', 'new B#2', '  relay true', '  echo true'],
    },
  },
  {
    name: 'connection-new: its tag counts at once',
    play: async (stage) => {
      await stage.connect('A')
      await stage.onNew('tag~x', 'multicast~hello~x', 'unicast~first~x')
      await stage.connect('B')
      await stage.connect('C')
    },
    outcome: {
      received: { A: '', B: '5:hello,5:first,5:hello,5:first,', C: '5:hello,' },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        '  tag true',
        '  multicast true',
        '  unicast true',
        'new C#3',
        '  tag true',
        '  multicast true',
        '  unicast true',
      ],
    },
  },
  {
    name: 'connection-new: evapi_close rejects the client, and no connection-closed follows',
    play: async (stage) => {
      await stage.connect('A')
      await stage.onNew('relay~sorry', 'close', 'relay~rejected one', 'mark')
      const b = await stage.dial('B')
      await b.untilEnd()
      await stage.onNew('idle')
      await stage.connect('C')
    },
    outcome: {
      received: { A: '5:sorry,12:rejected one,', B: '5:sorry,', C: '' },
      closed: ['B'],
      routes: ['new A#1', 'new B#2', '  relay true', '  close true', '  relay true', '  mark', 'new C#2'],
    },
  },
  {
    name: 'connection-new: what a rejected client sent is not routed',
    play: async (stage) => {
      await stage.connect('A')
      await stage.onNew('close')
      const b = await stage.dial('B')
      await b.write('5:hello,')
      await b.untilEnd()
    },
    outcome: { received: { A: '', B: '' }, closed: ['B'], routes: ['new A#1', 'new B#2', '  close true'] },
  },
  {
    name: 'connection-new: what $evapi says after evapi_close',
    play: async (stage) => {
      await stage.connect('A')
      await stage.onNew('echo~before', 'close', 'echo~after', 'tag~x', 'close')
      const b = await stage.dial('B')
      await b.untilEnd()
    },
    differs: 'In evapid an event has its client until its route ends.',
    kamailio: {
      received: {
        A: '33:before 2 127.0.0.1 portB [<null>],35:after <null> <null> <null> [<null>],',
        B: '33:before 2 127.0.0.1 portB [<null>],',
      },
      closed: ['B'],
      routes: [
        'new A#1',
        'new B#2',
        '  echo true',
        '  close true',
        '  echo true',
        '  tag false',
        '  close false',
      ],
    },
    evapid: {
      received: {
        A: '33:before 2 127.0.0.1 portB [<null>],32:after 2 127.0.0.1 portB [<null>],',
        B: '33:before 2 127.0.0.1 portB [<null>],',
      },
      closed: ['B'],
      routes: [
        'new A#1',
        'new B#2',
        '  echo true',
        '  close true',
        '  echo true',
        '  tag false',
        '  close false',
      ],
    },
  },

  // message-received

  {
    name: '$evapi in message-received',
    play: async (stage) => {
      const a = await stage.connect('A')
      const b = await stage.connect('B')
      await stage.writeApart(a, text(run('echo~one')))
      await stage.writeApart(b, text(run('echo~two')))
    },
    outcome: {
      received: {
        A: '33:one 1 127.0.0.1 portA [!echo~one],33:two 2 127.0.0.1 portB [!echo~two],',
        B: '33:one 1 127.0.0.1 portA [!echo~one],33:two 2 127.0.0.1 portB [!echo~two],',
      },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !echo~one',
        '  echo true',
        'message B#2 !echo~two',
        '  echo true',
      ],
    },
  },
  {
    name: 'message-received: evapi_close',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send(run('relay~to both', 'close', 'relay~to B', 'mark'))
      await a.untilEnd()
    },
    differs: 'Kamailio runs no connection-closed after evapi_close.',
    kamailio: {
      received: { A: '7:to both,', B: '7:to both,4:to B,' },
      closed: ['A'],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !relay~to both|close|relay~to B|mark',
        '  relay true',
        '  close true',
        '  relay true',
        '  mark',
      ],
    },
    evapid: {
      received: { A: '7:to both,', B: '7:to both,4:to B,' },
      closed: ['A'],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !relay~to both|close|relay~to B|mark',
        '  relay true',
        '  close true',
        '  relay true',
        '  mark',
        'closed A#1',
      ],
    },
  },
  {
    name: 'message-received: messages behind evapi_close in the same read',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send(run('close'), 'hello', run('relay~data'))
      await a.untilEnd()
    },
    differs:
      'Kamailio goes on with the read: message-received runs for nobody, all of $evapi $null; evapid drops what a closed client said. Kamailio runs no connection-closed after evapi_close.',
    kamailio: {
      received: { A: '', B: '6:<null>,6:<null>,' },
      closed: ['A'],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !close',
        '  close true',
        'message <null>#null from null',
        'message <null>#null from null',
      ],
    },
    evapid: {
      received: { A: '', B: '' },
      closed: ['A'],
      routes: ['new A#1', 'new B#2', 'message A#1 !close', '  close true', 'closed A#1'],
    },
  },
  {
    name: 'message-received: messages before evapi_close in the same read',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send('one', 'two', run('close'))
      await a.untilEnd()
    },
    differs: 'Kamailio runs no connection-closed after evapi_close.',
    kamailio: {
      received: { A: '3:one,3:two,', B: '3:one,3:two,' },
      closed: ['A'],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 one',
        'message A#1 two',
        'message A#1 !close',
        '  close true',
      ],
    },
    evapid: {
      received: { A: '3:one,3:two,', B: '3:one,3:two,' },
      closed: ['A'],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 one',
        'message A#1 two',
        'message A#1 !close',
        '  close true',
        'closed A#1',
      ],
    },
  },
  {
    name: 'message-received: what $evapi and the functions say after evapi_close',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send(run('tag~x', 'close', 'echo~after', 'tag~y', 'close', 'unicast~data~x'))
      await a.untilEnd()
    },
    differs: 'In evapid an event has its client until its route ends; connection-closed follows.',
    kamailio: {
      received: { A: '', B: '35:after <null> <null> <null> [<null>],' },
      closed: ['A'],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !tag~x|close|echo~after|tag~y|close|unicast~data~x',
        '  tag true',
        '  close true',
        '  echo true',
        '  tag false',
        '  close false',
        '  unicast false',
      ],
    },
    evapid: {
      received: {
        A: '',
        B: text('after 1 127.0.0.1 portA [!tag~x|close|echo~after|tag~y|close|unicast~data~x]'),
      },
      closed: ['A'],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !tag~x|close|echo~after|tag~y|close|unicast~data~x',
        '  tag true',
        '  close true',
        '  echo true',
        '  tag false',
        '  close false',
        '  unicast false',
        'closed A#1',
      ],
    },
  },
  {
    name: 'message-received: evapi_close frees the index at once',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.send(run('close'))
      await a.untilEnd()
      await stage.connect('C')
    },
    differs: 'Kamailio runs no connection-closed after evapi_close.',
    kamailio: {
      received: { A: '', B: '', C: '' },
      closed: ['A'],
      routes: ['new A#1', 'new B#2', 'message A#1 !close', '  close true', 'new C#1'],
    },
    evapid: {
      received: { A: '', B: '', C: '' },
      closed: ['A'],
      routes: ['new A#1', 'new B#2', 'message A#1 !close', '  close true', 'closed A#1', 'new C#1'],
    },
  },

  // connection-closed

  {
    name: 'connection-closed: its relays reach the others, and its $evapi still answers',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await stage.writeApart(a, text(run('tag~x')))
      await stage.onClosed('echo~gone', 'relay~bye')
      await stage.disconnect('A')
    },
    outcome: {
      received: { A: '', B: '31:gone 1 127.0.0.1 portA [<null>],3:bye,' },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !tag~x',
        '  tag true',
        'closed A#1',
        '  echo true',
        '  relay true',
      ],
    },
  },
  {
    name: 'connection-closed: a unicast to the tag of the client that left',
    play: async (stage) => {
      const a = await stage.connect('A')
      const b = await stage.connect('B')
      await stage.writeApart(a, text(run('tag~x')))
      await stage.writeApart(b, text(run('tag~x')))
      await stage.onClosed('unicast~one~x', 'multicast~two~x')
      await stage.disconnect('A')
    },
    differs: 'Kamailio still counts the client that left, and the unicast is lost on it.',
    kamailio: {
      received: { A: '', B: '3:two,' },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !tag~x',
        '  tag true',
        'message B#2 !tag~x',
        '  tag true',
        'closed A#1',
        '  unicast true',
        '  multicast true',
      ],
    },
    evapid: {
      received: { A: '', B: '3:one,3:two,' },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'message A#1 !tag~x',
        '  tag true',
        'message B#2 !tag~x',
        '  tag true',
        'closed A#1',
        '  unicast true',
        '  multicast true',
      ],
    },
  },
  {
    name: 'connection-closed: a multicast to the tag that only the client that left had',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.writeApart(a, text(run('tag~x')))
      await stage.onClosed('multicast~one~x', 'unicast~two~x')
      await stage.disconnect('A')
    },
    differs: 'Kamailio still counts the client that left.',
    kamailio: {
      received: { A: '' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~x',
        '  tag true',
        'closed A#1',
        '  multicast true',
        '  unicast true',
      ],
    },
    evapid: {
      received: { A: '' },
      closed: [],
      routes: [
        'new A#1',
        'message A#1 !tag~x',
        '  tag true',
        'closed A#1',
        '  multicast false',
        '  unicast false',
      ],
    },
  },
  {
    name: 'connection-closed: a relay, and a client that only half-closed',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await stage.onClosed('relay~bye')
      a.halfClose()
      await a.untilEnd()
    },
    differs: 'Kamailio still writes to the client that left.',
    kamailio: {
      received: { A: '3:bye,', B: '3:bye,' },
      closed: ['A'],
      routes: ['new A#1', 'new B#2', 'closed A#1', '  relay true'],
    },
    evapid: {
      received: { A: '', B: '3:bye,' },
      closed: ['A'],
      routes: ['new A#1', 'new B#2', 'closed A#1', '  relay true'],
    },
  },
  {
    name: 'connection-closed: the index is not free before the route has run',
    play: async (stage) => {
      await stage.connect('A')
      await stage.connect('B')
      await stage.disconnect('A')
      await stage.connect('C')
    },
    outcome: {
      received: { A: '', B: '', C: '' },
      closed: [],
      routes: ['new A#1', 'new B#2', 'closed A#1', 'new C#1'],
    },
  },
  {
    name: 'connection-closed: a client that half-closes behind its last message',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.write('5:hello,4:last,')
      a.halfClose()
      await stage.seen('closed A')
    },
    outcome: {
      received: { A: '5:hello,4:last,', B: '5:hello,4:last,' },
      closed: ['A'],
      routes: ['new A#1', 'new B#2', 'message A#1 hello', 'message A#1 last', 'closed A#1'],
    },
  },
  {
    name: 'connection-closed: a client that half-closes inside a frame',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await a.write('5:hello,9:unfin')
      a.halfClose()
      await stage.seen('closed A')
    },
    outcome: {
      received: { A: '5:hello,', B: '5:hello,' },
      closed: ['A'],
      routes: ['new A#1', 'new B#2', 'message A#1 hello', 'closed A#1'],
    },
  },
  {
    name: 'connection-closed: a client that resets inside a frame',
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      await stage.writeApart(a, '9:unfin')
      await stage.disconnect('A', 'reset')
    },
    outcome: { received: { A: '', B: '' }, closed: [], routes: ['new A#1', 'new B#2', 'closed A#1'] },
  },
  {
    name: 'connection-closed: a client that says nothing and leaves',
    play: async (stage) => {
      await stage.connect('A')
      await stage.disconnect('A')
    },
    outcome: { received: { A: '' }, closed: [], routes: ['new A#1', 'closed A#1'] },
  },
  {
    name: 'connection-closed: what evapi_set_tag and evapi_close return there',
    play: async (stage) => {
      await stage.connect('A')
      await stage.onClosed('tag~x', 'close', 'mark')
      await stage.disconnect('A')
    },
    differs: 'To evapid there is no client left to tag or to close.',
    kamailio: {
      received: { A: '' },
      closed: [],
      routes: ['new A#1', 'closed A#1', '  tag true', '  close true', '  mark'],
    },
    evapid: {
      received: { A: '' },
      closed: [],
      routes: ['new A#1', 'closed A#1', '  tag false', '  close false', '  mark'],
    },
  },
  {
    name: 'a relay when no client is connected',
    alone: true,
    play: async (stage) => {
      const a = await stage.connect('A')
      await a.send('@closed relay~data|multicast~data~x|unicast~data~x')
      await stage.seen('message A')
      await stage.disconnect('A')
    },
    outcome: {
      received: { A: '' },
      closed: [],
      routes: [
        'new A#0',
        'message A#0 @closed relay~data|multicast~data~x|unicast~data~x',
        'closed A#0',
        '  relay true',
        '  multicast false',
        '  unicast false',
      ],
    },
  },

  // Connection index, limits, addresses

  {
    name: 'a new client gets the lowest free index',
    play: async (stage) => {
      for (const name of ['A', 'B', 'C', 'D']) await stage.connect(name)
      await stage.disconnect('C')
      await stage.disconnect('A')
      for (const name of ['E', 'F', 'G']) await stage.connect(name)
    },
    outcome: {
      received: { A: '', B: '', C: '', D: '', E: '', F: '', G: '' },
      closed: [],
      routes: [
        'new A#1',
        'new B#2',
        'new C#3',
        'new D#4',
        'closed C#3',
        'closed A#1',
        'new E#1',
        'new F#3',
        'new G#5',
      ],
    },
  },
  {
    name: 'one client more than max_clients is closed at once, without an event',
    settings: { maxClients: 3 },
    play: async (stage) => {
      const a = await stage.connect('A')
      await stage.connect('B')
      const c = await stage.dial('C')
      await c.untilEnd()
      await stage.writeApart(a, '5:hello,')
      await stage.disconnect('A')
      await stage.connect('D')
    },
    outcome: {
      received: { A: '5:hello,', B: '5:hello,', C: '', D: '' },
      closed: ['C'],
      routes: ['new A#1', 'new B#2', 'message A#1 hello', 'closed A#1', 'new D#1'],
    },
  },
  {
    name: "$evapi(srcaddr) and $evapi(srcport) are the client's own",
    play: async (stage) => {
      const a = await stage.connect('A', '127.0.0.2')
      await a.send(run('echo~e'))
    },
    outcome: {
      received: { A: '29:e 1 127.0.0.2 portA [!echo~e],' },
      closed: [],
      routes: ['new A#1 from 127.0.0.2', 'message A#1 from 127.0.0.2 !echo~e', '  echo true'],
    },
  },
  {
    name: 'two hundred clients, ten tags',
    settings: { maxClients: 256 },
    play: async (stage) => {
      for (const name of MANY) {
        const client = await stage.connect(name)
        await client.send(run(`tag~${name.slice(-1)}`))
        await stage.seen(`message ${name}#`)
      }
      await stage.direct(
        ...Array.from('0123456789', (tag) => `multicast~to ${tag}~${tag}`),
        'relay~to all',
        'unicast~to one~7',
      )
    },
    outcome: {
      received: Object.fromEntries(
        MANY.map((name, index) => [
          name,
          `${text(`to ${index % 10}`)}6:to all,${index === 7 ? '6:to one,' : ''}`,
        ]),
      ),
      closed: [],
      routes: MANY.flatMap((name, index) => [
        `new ${name}#${index + 1}`,
        `message ${name}#${index + 1} !tag~${index % 10}`,
        '  tag true',
      ]),
    },
  },
]
