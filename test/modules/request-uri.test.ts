// $ru and its parts, which routes may assign to. The scripts are those that Kamailio 5.6.3 was seen to play.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { play, Stage } from './stage.ts'

const CAME = 'sip:bob@example.com:5080;transport=udp;lr'

test('parts of the Request-URI can be assigned, and the one that came is still there', async () => {
  await using stage = await Stage.open()
  play(stage.request(), [
    { $ru: CAME, $rU: 'bob', $rd: 'example.com', $rp: '5080' },
    ['$rU', 'carol'],
    { $ru: 'sip:carol@example.com:5080;transport=udp;lr', $rU: 'carol' },
    ['$rU', null],
    { $ru: 'sip:example.com:5080;transport=udp;lr', $rU: '<null>' },
    ['$rU', 'dave'],
    { $ru: 'sip:dave@example.com:5080;transport=udp;lr' },
    ['$rU', ''],
    { $ru: 'sip:example.com:5080;transport=udp;lr', $rU: '<null>' },
    ['$rU', 'x:y'],
    { $ru: 'sip:x:y@example.com:5080;transport=udp;lr', $rU: 'x' },
    ['$rU', 5, false],
    ['$rd', 'd.example'],
    { $ru: 'sip:x:y@d.example:5080;transport=udp;lr', $rd: 'd.example' },
    ['$rd', null, false],
    ['$rd', 7, false],
    ['$rp', 6000],
    { $ru: 'sip:x:y@d.example:6000;transport=udp;lr', $rp: '6000' },
    ['$rp', '6001'],
    { $rp: '6001' },
    ['$rp', null],
    { $ru: 'sip:x:y@d.example;transport=udp;lr', $rp: '5060' },
    ['$rp', 6001],
    ['$rp', ''],
    { $ru: 'sip:x:y@d.example;transport=udp;lr' },
    ['$rp', 0],
    { $ru: 'sip:x:y@d.example:0;transport=udp;lr', $rp: '0' },
    { $ou: CAME, $oU: 'bob', $od: 'example.com' },
  ])
})

test('the whole Request-URI can be assigned', async () => {
  await using stage = await Stage.open()
  play(stage.request(), [
    ['$ru', 'sip:new@host.example:7000;a=b?h=v'],
    { $ru: 'sip:new@host.example:7000;a=b?h=v', $rU: 'new', $rd: 'host.example', $rp: '7000' },
    ['$ru', null, false],
    ['$ru', 5, false],
    { $rU: 'new' },
    ['$ru', 'sip:h'],
    { $rU: '<null>', $rd: 'h', $rp: '5060' },
    ['$rU', 'u'],
    { $ru: 'sip:u@h' },
    ['$ru', 'sip:u:pw@h:1;p=1'],
    ['$rU', 'z'],
    { $ru: 'sip:z:pw@h:1;p=1' },
    ['$rd', 'hh'],
    ['$rp', 9],
    { $ru: 'sip:z:pw@hh:9;p=1' },
    ['$rU', null],
    { $ru: 'sip:hh:9;p=1' },
    ['$ru', 'sip:a@b?x=y'],
    ['$rp', 7],
    { $ru: 'sip:a@b:7?x=y' },
    ['$ru', 'sips:u@[::1];lr'],
    { $rd: '[::1]', $rp: '5060' },
    ['$rU', 'w'],
    { $ru: 'sips:w@[::1];lr' },
    ['$ru', 'sip:u@h;transport=tls'],
    { $rp: '5061' },
    ['$ru', 'sip:us%41er@HOST.example'],
    { $rU: 'us%41er', $rd: 'HOST.example' },
    ['$ru', 'sip:a;b=c@h'],
    { $rU: 'a;b=c' },
    ['$ru', 'SIP:u@H'],
    ['$rp', 1],
    { $ru: 'SIP:u@H:1', $rU: 'u', $rd: 'H' },
  ])
})

test('a tel: URI has a user, and becomes a sip: URI when it gets a host', async () => {
  await using stage = await Stage.open()
  play(stage.request(), [
    ['$ru', 'tel:123;phone-context=x'],
    { $rU: '123', $rd: '<null>', $rp: '5060' },
    ['$rU', '9'],
    { $ru: 'tel:9;phone-context=x' },
    ['$rp', 9, false],
    ['$ru', 'tel:123'],
    ['$rd', 'h'],
    { $ru: 'sip:123@h;user=phone', $rd: 'h' },
  ])
})

test('what is assigned and is no URI leaves nothing to read, until a URI is assigned', async () => {
  await using stage = await Stage.open()
  const scripts: readonly (readonly [string, string | number])[] = [
    ['$ru', 'nonsense'],
    ['$ru', ''],
    ['$ru', '<sip:a@b>'],
    ['$ru', 'sip:@h'],
    ['$ru', 'sip:h:99999'],
    ['$rd', ''],
    ['$rp', 'abc'],
    ['$rp', 99999],
    ['$rp', -1],
  ]
  for (const [name, value] of scripts) {
    play(stage.request(), [
      [name, value],
      { '$ru $rU $rd $rp': '<null> <null> <null> <null>', $ou: CAME },
      ['$rU', 'u', false],
      ['$rd', 'd', false],
      ['$rp', 1, false],
      ['$ru', 'sip:a@b'],
      { '$ru $rU': 'sip:a@b a' },
    ])
  }
})

test('$du is where the request is to go instead', async () => {
  await using stage = await Stage.open()
  play(stage.request(), [
    { $du: '<null>', $dd: '<null>' },
    ['$du', 'sip:1.2.3.4:5555;transport=tcp'],
    { $du: 'sip:1.2.3.4:5555;transport=tcp', $dd: '1.2.3.4', $ru: CAME },
    ['$du', 'bad'],
    { $du: 'bad', $dd: '<null>' },
    ['$du', null],
    { $du: '<null>', $dd: '<null>' },
    ['$du', 'sip:[::1]:5060'],
    { $dd: '[::1]' },
    ['$du', ''],
    { $du: '<null>' },
  ])
})

test('changes are of one request, and stay with it from route to route', async () => {
  await using stage = await Stage.open()
  const [one, other] = [stage.request(), stage.request()]
  one.setPv('$rU', 'carol')
  one.enter({ name: 'route[NEXT]', handler: () => {} })
  assert.equal(one.pv('$rU'), 'carol')
  assert.equal(other.pv('$rU'), 'bob')
  assert.equal(one.request.uri, CAME)
})
