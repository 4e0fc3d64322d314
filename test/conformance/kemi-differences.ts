// Where KEMI in evapid differs from Kamailio's app_jsdt on purpose: the lines that are not the same, in both, and why.

export interface KemiDifference {
  readonly why: string
  readonly kamailio: readonly string[]
  readonly evapid: readonly string[]
}

export const DIFFERENCES: Readonly<Record<string, KemiDifference>> = {
  'pv: a name that is none': {
    why: 'a wrong name is a mistake, which is in the log, and not a variable without a value',
    kamailio: ['getvn = number 7', 'getvs = string text'],
    evapid: ['getvn = null', 'getvs = null'],
  },
  'pv: read-only variables': {
    why: 'true is for what was done',
    kamailio: ['sets = boolean true', 'seti = boolean true', 'unset = boolean true'],
    evapid: ['sets = boolean false', 'seti = boolean false', 'unset = boolean false'],
  },
  'relay: the empty text': {
    why: 'nothing to say is not sent, as in a kamailio.cfg; Kamailio itself cannot read it',
    kamailio: ['', 'relay = number 1'],
    evapid: ['relay = number -1'],
  },
  'relay: beyond the basic plane': {
    why: 'what goes out is UTF-8; Duktape writes surrogates, which no reader of UTF-8 takes',
    kamailio: ['\xed\xa0\xbd\xed\xb8\x80'],
    evapid: ['\xf0\x9f\x98\x80'],
  },
  'relay: a NUL': {
    why: 'a payload is bytes',
    kamailio: ['a'],
    evapid: ['a\0b'],
  },
  'tags: empty': {
    why: 'a multicast to nobody is not one to everybody',
    kamailio: ['x', 'tag = number 1'],
    evapid: ['tag = number -1'],
  },
  'async: where there is no request': {
    why: 'an event of the bus has no request; Kamailio suspends one that it has made up',
    kamailio: ['x $T(id_index)', 'relay = number 1'],
    evapid: ['relay = number -1'],
  },
}
