// Plays every case of kemi/cases.js in Kamailio's app_jsdt and in evapid, and compares what was relayed and replied, byte for byte. What differs on
// purpose is listed, with both outcomes.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { DIFFERENCES } from './kemi-differences.ts'
import { BUS_CASES, type KemiOutcome, KemiPlayer, REQUEST_CASES, type RequestPlay } from './kemi-player.ts'
import {
  findKemiKamailio,
  setEnvironment,
  startEvapidWithKemi,
  startKamailioWithKemi,
} from './kemi-servers.ts'

/** How requests are played, where it is not the usual way. */
const PLAYS: Readonly<Record<string, RequestPlay>> = {
  'hdr: append_to_reply': { answered: true },
  'kx: what is not there': { body: '', lines: [] },
  sl_send_reply: { answered: true },
  'send_reply with a code that is a text': { answered: true },
  'exit after a reply': { answered: true },
  'a transaction': { answered: true },
  'suspend without t_newtran': { answered: true, resume: [['resume', 'RESUME']] },
  'continue from the route itself': { answered: true },
  'a failure route': { answered: true, last: 'failure done' },
}

/** Further plays of a case: its name, how it goes on, and how it is played. */
const MORE: readonly (readonly [name: string, how: string, play: RequestPlay])[] = [
  ['suspend and continue', 'in a function', { answered: true, resume: [['resume', 'RESUME']] }],
  [
    'suspend and continue',
    'of an INVITE',
    { method: 'INVITE', answered: true, resume: [['resume', 'RESUME']] },
  ],
  ['suspend and continue', 'by an id in texts', { answered: true, resume: [['resume texts', 'RESUME']] }],
  ['suspend and continue', 'and exit', { answered: true, resume: [['resume', 'EXITS']] }],
  ['suspend and continue', 'and an error', { answered: true, resume: [['resume', 'THROWS']] }],
  [
    'suspend and continue',
    'twice',
    {
      answered: true,
      resume: [
        ['resume', 'AGAIN'],
        ['resume', 'RESUME'],
      ],
    },
  ],
]

interface Play {
  readonly name: string
  run(player: KemiPlayer): Promise<KemiOutcome>
}

const PLAYED_OTHERWISE = new Set(MORE.map(([name]) => name))

const plays: readonly Play[] = [
  ...BUS_CASES.map((name) => ({ name, run: (player: KemiPlayer) => player.play(name) })),
  ...REQUEST_CASES.filter((name) => !PLAYED_OTHERWISE.has(name)).map((name) => ({
    name: `request: ${name}`,
    run: (player: KemiPlayer) => player.request(name, PLAYS[name]),
  })),
  ...MORE.map(([name, how, play]) => ({
    name: `request: ${name} ${how}`,
    run: (player: KemiPlayer) => player.request(name, play),
  })),
]

/** The lines of an outcome that are not the same in the other, position by position. */
function differing({ relayed, replies }: KemiOutcome, other: KemiOutcome): readonly string[] {
  const others = [...other.relayed, ...other.replies]
  return [...relayed, ...replies].filter((line, at) => line !== others[at])
}

const program = findKemiKamailio()

describe('KEMI in Kamailio and in evapid', {
  skip: program === null && 'Kamailio with evapi and app_jsdt is not installed',
}, () => {
  setEnvironment()
  const kamailio = program === null ? undefined : startKamailioWithKemi(program).then(KemiPlayer.start)
  const evapid = startEvapidWithKemi().then(KemiPlayer.start)
  after(async () => {
    for (const player of await Promise.allSettled([kamailio, evapid])) {
      if (player.status === 'fulfilled') await player.value?.[Symbol.asyncDispose]()
    }
  })

  test('both load the script', async () => {
    await evapid
    await kamailio
  })

  test('every difference is one of a case', () => {
    const names = new Set(plays.map(({ name }) => name))
    for (const name of Object.keys(DIFFERENCES)) assert.ok(names.has(name), name)
  })

  for (const { name, run } of plays) {
    const difference = DIFFERENCES[name]
    test(difference ? `${name} (differs)` : name, async () => {
      assert.ok(kamailio)
      const seen = await run(await kamailio)
      const ours = await run(await evapid)
      if (!difference) {
        assert.deepEqual(ours, seen)
        return
      }
      assert.deepEqual(differing(seen, ours), difference.kamailio)
      assert.deepEqual(differing(ours, seen), difference.evapid)
    })
  }
})
